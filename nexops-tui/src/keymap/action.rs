//! What keys can do, each by the name that the configuration file knows.

macro_rules! actions {
    ($($(#[$meta:meta])* $variant:ident = $name:literal,)+) => {
        /// Something that a key does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action { $($(#[$meta])* $variant,)+ }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in the configuration file.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The action of this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|action| action.name() == name)
            }
        }
    };
}

actions! {
    /// Leave.
    Quit = "quit",
    /// Show the keys.
    Help = "help",
    /// Open the command palette.
    Palette = "palette",
    /// Ask the daemon again, now.
    Refresh = "refresh",
    /// Stop and resume asking.
    Pause = "pause",
    /// Where one came from.
    Back = "back",
    /// Where one went back from.
    Forward = "forward",
    /// The dashboard.
    GoDashboard = "dashboard",
    /// Nodes and guests.
    GoInfrastructure = "infrastructure",
    /// The services.
    GoServices = "services",
    /// The alerts.
    GoAlerts = "alerts",
    /// The settings.
    GoSettings = "settings",
    /// The audit log.
    GoAudit = "audit",
    /// The drawer with the tasks.
    Tasks = "tasks",
    /// What toasts said.
    Messages = "messages",
    /// The sidebar.
    Sidebar = "sidebar",
    /// Who is signed in.
    SignIn = "sign_in",
    /// Whether the mouse is taken.
    Mouse = "mouse",
    /// Into the clipboard.
    Copy = "copy",
    /// Up.
    Up = "up",
    /// Down.
    Down = "down",
    /// A page up.
    PageUp = "page_up",
    /// A page down.
    PageDown = "page_down",
    /// To the first.
    First = "first",
    /// To the last.
    Last = "last",
    /// Open what is selected.
    Open = "open",
    /// Type a filter.
    Filter = "filter",
    /// Sort by the next column.
    Sort = "sort",
    /// Turn the order round.
    SortReverse = "sort_reverse",
    /// Choose columns.
    Columns = "columns",
    /// Mark for acting on many.
    Mark = "mark",
    /// Mark everything that is shown.
    MarkAll = "mark_all",
    /// A shorter span of time.
    RangeShorter = "range_shorter",
    /// A longer span of time.
    RangeLonger = "range_longer",
    /// Move the read-out of charts left.
    CursorLeft = "cursor_left",
    /// Move the read-out of charts right.
    CursorRight = "cursor_right",
    /// One chart alone.
    Zoom = "zoom",
    /// The next tab or pane.
    NextTab = "next_tab",
    /// The tab or pane before.
    PreviousTab = "previous_tab",
    /// Switch a guest on.
    Start = "start",
    /// Ask a guest to shut down.
    Shutdown = "shutdown",
    /// Pull a guest's plug.
    Stop = "stop",
    /// Restart a guest.
    Restart = "restart",
    /// Press a guest's reset button.
    Reset = "reset",
    /// Freeze a guest.
    Suspend = "suspend",
    /// Let a frozen guest go on.
    Resume = "resume",
    /// Make something new.
    New = "new",
    /// Change what is selected.
    Edit = "edit",
    /// Delete what is selected.
    Delete = "delete",
    /// Switch what is selected on or off.
    Toggle = "toggle",
    /// Check a service now.
    Check = "check",
    /// The guest that a service runs on, or a task is about.
    Guest = "guest",
    /// Try a connection, or send a test over a channel.
    Test = "test",
    /// Say that one knows of an alert.
    Acknowledge = "acknowledge",
    /// Close an alert by hand.
    Resolve = "resolve",
    /// Keep alerts from being sent for a while.
    Silence = "silence",
    /// The rule of an alert.
    Rule = "rule",
    /// Make the rules that are offered to begin with.
    Starters = "starters",
    /// Try what a form says.
    Try = "try",
    /// Pin a certificate.
    Pin = "pin",
    /// Show or hide a column.
    Show = "show",
    /// Move a column to the front.
    MoveUp = "move_up",
    /// Move a column to the back.
    MoveDown = "move_down",
    /// The value to the left.
    Less = "less",
    /// The value to the right.
    More = "more",
    /// Agree.
    Yes = "yes",
    /// Decline.
    No = "no",
    /// The next field or button.
    NextField = "next_field",
    /// The field or button before.
    PreviousField = "previous_field",
    /// Press the button, send the form.
    Submit = "submit",
    /// Leave without doing anything.
    Cancel = "cancel",
    /// Empty the field.
    Clear = "clear",
}

impl Action {
    /// The action that does the same the other way, where the footer tells of both at once.
    #[must_use]
    pub const fn partner(self) -> Option<Self> {
        match self {
            Self::Up => Some(Self::Down),
            Self::MoveUp => Some(Self::MoveDown),
            Self::RangeShorter => Some(Self::RangeLonger),
            Self::Less => Some(Self::More),
            _alone => None,
        }
    }
}
