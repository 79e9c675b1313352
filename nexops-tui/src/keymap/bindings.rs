//! The table itself.

use super::{Action, Binding, Scope};

const fn row(
    scope: Scope,
    chords: &'static [&'static str],
    action: Action,
    label: &'static str,
    help: &'static str,
    hint: u8,
) -> Binding {
    Binding { scope, chords, action, label, help, hint }
}

/// Every key that does something. Destructive ones are never neighbours of harmless ones: shutting down is `x`, pulling
/// the plug is `X` and wants the name typed.
#[rustfmt::skip]
pub const BINDINGS: &[Binding] = &[
    row(Scope::Global, &["?", "f1"], Action::Help, "help", "show these keys", 90),
    row(Scope::Global, &["q", "ctrl-c"], Action::Quit, "quit", "leave NexOps; what was started goes on", 91),
    row(Scope::Global, &[":", "ctrl-p"], Action::Palette, "command", "find a screen, guest or command by name", 12),
    row(Scope::Global, &["1"], Action::GoDashboard, "dashboard", "dashboard", 0),
    row(Scope::Global, &["2"], Action::GoInfrastructure, "infrastructure", "nodes and guests", 0),
    row(Scope::Global, &["3"], Action::GoServices, "services", "services and how they fare", 0),
    row(Scope::Global, &["4"], Action::GoAlerts, "alerts", "alerts, rules and silences", 0),
    row(Scope::Global, &["5"], Action::GoSettings, "settings", "connections, channels and appearance", 0),
    row(Scope::Global, &["6"], Action::GoAudit, "audit log", "who changed what", 0),
    row(Scope::Global, &["esc", "backspace"], Action::Back, "back", "where you came from", 0),
    row(Scope::Global, &["alt-right"], Action::Forward, "forward", "where you went back from", 0),
    row(Scope::Global, &["ctrl-r", "f5"], Action::Refresh, "refresh", "ask the daemon again, now", 0),
    row(Scope::Global, &["p"], Action::Pause, "pause", "hold the picture still, and let it go on", 0),
    row(Scope::Global, &["t"], Action::Tasks, "tasks", "show and hide the tasks", 40),
    row(Scope::Global, &["m"], Action::Messages, "messages", "what the toasts said", 0),
    row(Scope::Global, &["b"], Action::Sidebar, "sidebar", "show and hide the sidebar (from 110 columns)", 0),
    row(Scope::Global, &["L"], Action::SignIn, "sign in", "say who you are, for the audit log", 0),
    row(Scope::Global, &["M"], Action::Mouse, "mouse", "take the mouse, or leave it to the terminal", 0),
    row(Scope::Global, &["y"], Action::Copy, "copy", "copy what is selected (OSC 52)", 0),

    row(Scope::List, &["up", "k"], Action::Up, "move", "up", 1),
    row(Scope::List, &["down", "j"], Action::Down, "down", "down", 0),
    row(Scope::List, &["pageup", "ctrl-b"], Action::PageUp, "page up", "a page up", 0),
    row(Scope::List, &["pagedown", "ctrl-f"], Action::PageDown, "page down", "a page down", 0),
    row(Scope::List, &["home", "g"], Action::First, "first", "to the first", 0),
    row(Scope::List, &["end", "G"], Action::Last, "last", "to the last", 0),
    row(Scope::List, &["enter"], Action::Open, "open", "open what is selected", 2),
    row(Scope::List, &["/"], Action::Filter, "filter", "type a filter: text, !text, state:running, cpu>80, node:pve1, tag:web", 10),
    row(Scope::List, &["o"], Action::Sort, "sort", "sort by the next column", 30),
    row(Scope::List, &["O"], Action::SortReverse, "reverse", "turn the order round", 0),
    row(Scope::List, &["c"], Action::Columns, "columns", "choose and order the columns", 35),

    row(Scope::Chart, &["["], Action::RangeShorter, "range", "a shorter span: 7d, 24h, 6h, 1h", 36),
    row(Scope::Chart, &["]"], Action::RangeLonger, "longer", "a longer span", 0),
    row(Scope::Chart, &["left", "h"], Action::CursorLeft, "read", "read the charts further left", 0),
    row(Scope::Chart, &["right", "l"], Action::CursorRight, "read", "read the charts further right", 0),
    row(Scope::Chart, &["z"], Action::Zoom, "zoom", "show one chart alone, then the next, then all", 37),

    row(Scope::Guest, &["s"], Action::Start, "start", "switch on, or let a paused guest go on", 4),
    row(Scope::Guest, &["x"], Action::Shutdown, "shut down", "ask it to shut down", 5),
    row(Scope::Guest, &["r"], Action::Restart, "restart", "shut down and start again", 6),
    row(Scope::Guest, &["X"], Action::Stop, "stop", "pull the plug", 38),
    row(Scope::Guest, &["R"], Action::Reset, "reset", "press the reset button (virtual machines)", 0),
    row(Scope::Guest, &["u"], Action::Suspend, "suspend", "freeze it in memory", 0),
    row(Scope::Guest, &["U"], Action::Resume, "resume", "let it go on", 0),

    row(Scope::Infrastructure, &["space"], Action::Mark, "mark", "mark for acting on several", 20),
    row(Scope::Infrastructure, &["a"], Action::MarkAll, "mark all", "mark all that are shown, or none", 0),

    row(Scope::Tabs, &["tab"], Action::NextTab, "next tab", "the next tab or pane", 3),
    row(Scope::Tabs, &["shift-tab"], Action::PreviousTab, "tab before", "the tab or pane before", 0),

    row(Scope::Tasks, &["t", "esc"], Action::Tasks, "close", "hide the tasks", 3),
    row(Scope::Tasks, &["u"], Action::Guest, "guest", "the guest that it is about", 4),

    row(Scope::Services, &["r"], Action::Check, "check now", "check it now", 4),
    row(Scope::Services, &["n"], Action::New, "new", "make a service", 5),
    row(Scope::Services, &["e"], Action::Edit, "edit", "change it", 6),
    row(Scope::Services, &["space"], Action::Toggle, "on/off", "begin or stop to check it", 20),
    row(Scope::Services, &["D"], Action::Delete, "delete", "delete it", 38),
    row(Scope::Services, &["u"], Action::Guest, "guest", "the guest that it runs on", 9),

    row(Scope::Alerts, &["a"], Action::Acknowledge, "ack", "acknowledge it, with a note", 4),
    row(Scope::Alerts, &["s"], Action::Silence, "silence", "keep such alerts from being sent for a while", 5),
    row(Scope::Alerts, &["r"], Action::Resolve, "resolve", "close it by hand, with a note", 6),
    row(Scope::Alerts, &["e"], Action::Rule, "rule", "the rule that raised it", 9),

    row(Scope::Rules, &["n"], Action::New, "new", "make a rule", 4),
    row(Scope::Rules, &["e"], Action::Edit, "edit", "change it", 5),
    row(Scope::Rules, &["space"], Action::Toggle, "on/off", "put it in force, or out of it", 6),
    row(Scope::Rules, &["D"], Action::Delete, "delete", "delete it", 7),
    row(Scope::Rules, &["S"], Action::Starters, "starters", "make the rules that are offered to begin with", 8),

    row(Scope::Silences, &["n"], Action::New, "new", "make a silence", 4),
    row(Scope::Silences, &["D"], Action::Delete, "end", "end it now", 5),

    row(Scope::Settings, &["n"], Action::New, "new", "make one", 4),
    row(Scope::Settings, &["e"], Action::Edit, "edit", "change it", 5),
    row(Scope::Settings, &["T"], Action::Test, "test", "try the connection, or send a test over the channel", 6),
    row(Scope::Settings, &["space"], Action::Toggle, "on/off", "use it, or not", 7),
    row(Scope::Settings, &["D"], Action::Delete, "delete", "delete it", 8),

    row(Scope::Appearance, &["left", "h"], Action::Less, "change", "the choice before", 2),
    row(Scope::Appearance, &["right", "l", "space", "enter"], Action::More, "change", "the next choice", 0),

    row(Scope::Reading, &["up", "k"], Action::Up, "move", "up", 1),
    row(Scope::Reading, &["down", "j"], Action::Down, "down", "down", 0),
    row(Scope::Reading, &["pageup", "ctrl-b"], Action::PageUp, "page up", "a page up", 0),
    row(Scope::Reading, &["pagedown", "ctrl-f", "space"], Action::PageDown, "page down", "a page down", 3),
    row(Scope::Reading, &["home", "g"], Action::First, "first", "to the beginning", 0),
    row(Scope::Reading, &["end", "G"], Action::Last, "last", "to the end", 4),
    row(Scope::Reading, &["esc", "q", "enter", "?", "m", "ctrl-c"], Action::Cancel, "close", "close it", 2),

    row(Scope::Pin, &["p"], Action::Pin, "pin", "accept this certificate, and no other, in the form", 1),

    row(Scope::Columns, &["space"], Action::Show, "show", "show it, or hide it", 2),
    row(Scope::Columns, &["K"], Action::MoveUp, "move", "move it to the front", 3),
    row(Scope::Columns, &["J"], Action::MoveDown, "move", "move it to the back", 0),
    row(Scope::Columns, &["up", "k"], Action::Up, "move", "up", 0),
    row(Scope::Columns, &["down", "j"], Action::Down, "down", "down", 0),
    row(Scope::Columns, &["enter"], Action::Submit, "keep", "keep it so", 1),
    row(Scope::Columns, &["esc", "q", "ctrl-c"], Action::Cancel, "leave", "leave it as it was", 5),

    row(Scope::Trial, &["ctrl-t"], Action::Try, "try", "try the connection, or the rule on the last day", 3),

    row(Scope::Dialog, &["esc", "ctrl-c"], Action::Cancel, "cancel", "leave without doing anything", 2),
    row(Scope::Dialog, &["enter"], Action::Submit, "choose", "press the button that is lit", 1),
    row(Scope::Dialog, &["y"], Action::Yes, "yes", "do it", 3),
    row(Scope::Dialog, &["n"], Action::No, "no", "leave it", 4),
    row(Scope::Dialog, &["tab", "right", "down"], Action::NextField, "next", "the next button", 5),
    row(Scope::Dialog, &["shift-tab", "left", "up"], Action::PreviousField, "before", "the button before", 0),

    row(Scope::Form, &["esc", "ctrl-c"], Action::Cancel, "cancel", "leave without saving", 2),
    row(Scope::Form, &["enter", "ctrl-s"], Action::Submit, "save", "check and send it", 1),
    row(Scope::Form, &["tab", "down"], Action::NextField, "next field", "the next field", 3),
    row(Scope::Form, &["shift-tab", "up"], Action::PreviousField, "field before", "the field before", 0),
    row(Scope::Form, &["left"], Action::Less, "choose", "the choice before", 4),
    row(Scope::Form, &["right"], Action::More, "choose", "the next choice", 0),
    row(Scope::Form, &["ctrl-u"], Action::Clear, "clear", "empty the field", 5),

    row(Scope::Palette, &["esc", "ctrl-c"], Action::Cancel, "close", "leave without doing anything", 3),
    row(Scope::Palette, &["enter"], Action::Submit, "do it", "do what is selected", 2),
    row(Scope::Palette, &["up"], Action::Up, "move", "up in the list", 1),
    row(Scope::Palette, &["down"], Action::Down, "down", "down in the list", 0),

    row(Scope::Text, &["esc", "ctrl-c"], Action::Cancel, "clear", "leave the field and empty it", 2),
    row(Scope::Text, &["enter"], Action::Submit, "keep", "leave the field and keep it", 1),
    row(Scope::Text, &["up"], Action::Up, "up", "up in the list", 0),
    row(Scope::Text, &["down"], Action::Down, "down", "down in the list", 0),
    row(Scope::Text, &["ctrl-u"], Action::Clear, "clear", "empty the field", 3),
];
