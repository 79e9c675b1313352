//! From arguments, environment and files to the first picture.

use std::env;
use std::io::IsTerminal;

use anyhow::Context as _;
use chrono::{FixedOffset, Local, Offset};
use nexops_core::client::Client;
use nexops_core::profile::Profile;
use nexops_core::profile::contexts::{Contexts, StoredContext};

use crate::arguments::{Arguments, ColorDepth};
use crate::files::{self, Paths};
use crate::keymap::Keymap;
use crate::model::link::Link;
use crate::model::toast::Toasts;
use crate::model::{Context, Model, Place, Screen, Tables, Trail};
use crate::msg::{Effect, Event, Msg};
use crate::preferences::{Configuration, Preferences};
use crate::runtime::{Runtime, now};
use crate::store::Store;
use crate::symbols::{Marker, Symbols};
use crate::term::{self, Term};
use crate::theme::{BUILT_IN, Depth, Palette, Theme};
use crate::update::update;
use crate::view::{Drawn, keys_page};
use crate::{net, snapshot};

/// Why it did not start, or ended badly.
#[derive(Debug)]
pub enum Error {
    /// It was called in a way that cannot work.
    Usage(String),
    /// Something failed.
    Other(anyhow::Error),
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

/// Runs as the arguments say.
///
/// # Errors
/// [`Error::Usage`] for arguments and configurations that cannot work, and when there is no terminal.
pub fn run(arguments: &Arguments) -> Result<(), Error> {
    if arguments.keys {
        print!("{}", keys_page());
        return Ok(());
    }
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let paths = Paths::from_variables(variable);
    let file = arguments.config.as_deref().or(paths.configuration.as_deref());
    if let Some(path) = arguments.config.as_deref().filter(|path| !path.exists()) {
        return Err(Error::Usage(format!("there is no configuration {}", path.display())));
    }
    let configuration = files::configuration(file).map_err(|error| Error::Usage(format!("{error:#}")))?;
    let preferences = files::preferences(paths.state.as_deref());
    let profile = profile(arguments, &preferences)?;
    // A picture for a file has no terminal to ask for its colours.
    let model = model(arguments, &configuration, preferences, &profile, variable)?;
    if let Some(screen) = &arguments.snapshot {
        return print_snapshot(screen, &arguments.size, model, profile);
    }
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let words = "this is no terminal; use the command nexops in scripts, or nexops-tui --snapshot dashboard";
        return Err(Error::Usage(words.to_owned()));
    }
    term::restore_on_panic();
    let term = Term::take(model.mouse).context("take the terminal")?;
    let mut model = model;
    model.size = term.size().context("ask for the size of the terminal")?;
    let runtime = Runtime { profile, state: paths.state, in_tmux: variable("TMUX").is_some(), panic: arguments.panic };
    tokio_runtime()?.block_on(runtime.run(model, term)).map_err(Error::Other)
}

/// Whom the daemon of choice is spoken to as: by the name that its context keeps, else by that which was typed here.
fn profile(arguments: &Arguments, preferences: &Preferences) -> Result<Profile, Error> {
    let (url, context) = (arguments.url.as_deref(), arguments.context.as_deref());
    let mut profile = Profile::chosen(url, context).map_err(|error| Error::Usage(error.to_string()))?;
    let is_login_name = profile.actor == Profile::from_environment(url).actor;
    if let Some(email) = preferences.email.as_ref().filter(|_| is_login_name) {
        profile.actor = Some(email.clone());
    }
    Ok(profile)
}

/// The daemons that are known by a name. A file that cannot be used was complained about where it mattered.
fn contexts() -> Vec<Context> {
    let contexts = Contexts::load().unwrap_or_default();
    let plain = |(name, context): (&str, &StoredContext)| Context {
        name: name.to_owned(),
        url: context.url.clone(),
        actor: context.actor.clone(),
    };
    contexts.iter().map(plain).collect()
}

fn tokio_runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().context("start the runtime")
}

/// The model before anything has happened.
fn model(
    arguments: &Arguments,
    configuration: &Configuration,
    preferences: Preferences,
    profile: &Profile,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Model, Error> {
    let keymap = Keymap::new(&configuration.keys).map_err(|errors| Error::Usage(errors.join("\n")))?;
    let name = preferences.theme.as_ref().or(configuration.theme.as_ref());
    let palette = palette(name.map(String::as_str), configuration)?;
    let depth = arguments.color.map_or_else(
        || depth_of(&variable),
        |depth| match depth {
            ColorDepth::Truecolor => Depth::True,
            ColorDepth::Indexed => Depth::Indexed,
            ColorDepth::Sixteen => Depth::Sixteen,
            ColorDepth::None => Depth::None,
        },
    );
    let plain = arguments.ascii || is_plain_terminal(&variable);
    let symbols = if arguments.ascii { Some(Symbols::Ascii) } else { preferences.symbols.or(configuration.symbols) };
    let marker = preferences.marker.or(configuration.marker);
    let mut tables = Tables::default();
    tables.restore(&preferences.tables);
    let now = now();
    Ok(Model {
        now,
        offset: Local::now().offset().fix(),
        size: (80, 24),
        screen: Screen::Dashboard,
        trail: Trail::default(),
        modals: Vec::new(),
        store: Store::default(),
        link: Link::Connecting,
        tables,
        pane: 0,
        range: preferences.range,
        cursor: None,
        zoom: None,
        scroll: 0,
        line: 0,
        drawer: false,
        paused: false,
        read_only: arguments.read_only || configuration.read_only,
        followed: std::collections::HashMap::new(),
        toasts: Toasts::default(),
        mouse: preferences.mouse.or(configuration.mouse).unwrap_or(true),
        saved: preferences.clone(),
        preferences,
        keymap,
        theme: Theme::new(&palette, depth),
        palette: palette.name().to_owned(),
        palettes: palettes(configuration)?,
        depth,
        symbols: symbols.unwrap_or(if plain { Symbols::Ascii } else { Symbols::Unicode }),
        marker: marker.unwrap_or(if plain { Marker::Ascii } else { Marker::Braille }),
        contexts: contexts(),
        url: profile.url.clone(),
        actor: profile.actor.clone(),
        sent: 0,
        drawn: Drawn::default(),
    })
}

fn palette(name: Option<&str>, configuration: &Configuration) -> Result<Palette, Error> {
    let name = name.unwrap_or_else(|| BUILT_IN[0].name());
    if let Some(written) = configuration.themes.get(name) {
        return Palette::from_user(name, written).map_err(|errors| Error::Usage(errors.join("\n")));
    }
    Palette::built_in(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = BUILT_IN.iter().map(Palette::name).collect();
        Error::Usage(format!("theme: '{name}' is neither one of {} nor in the configuration", names.join(", ")))
    })
}

/// The palettes to choose from: those of NexOps, and those of the user in the order of their names.
fn palettes(configuration: &Configuration) -> Result<Vec<Palette>, Error> {
    let mut own: Vec<&String> = configuration.themes.keys().collect();
    own.sort();
    let mut palettes: Vec<Palette> =
        BUILT_IN.iter().filter(|built_in| !configuration.themes.contains_key(built_in.name())).cloned().collect();
    for name in own {
        palettes.push(palette(Some(name), configuration)?);
    }
    Ok(palettes)
}

/// How many colours the terminal says that it can show.
fn depth_of(variable: &impl Fn(&str) -> Option<String>) -> Depth {
    let term = variable("TERM").unwrap_or_default();
    if variable("NO_COLOR").is_some() || term == "dumb" {
        Depth::None
    } else if variable("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit") {
        Depth::True
    } else if term.contains("256color") || variable("TMUX").is_some() {
        Depth::Indexed
    } else if term == "linux" || term.starts_with("vt") || term == "xterm" || term == "screen" || term.is_empty() {
        Depth::Sixteen
    } else {
        Depth::Indexed
    }
}

/// Whether the terminal has nothing beyond ASCII: the Linux console, or a locale without UTF-8.
fn is_plain_terminal(variable: &impl Fn(&str) -> Option<String>) -> bool {
    let locale = variable("LC_ALL").or_else(|| variable("LC_CTYPE")).or_else(|| variable("LANG"));
    let is_utf8 = locale.is_none_or(|locale| locale.to_lowercase().replace('-', "").contains("utf8"));
    variable("TERM").as_deref() == Some("linux") || !is_utf8
}

/// Prints a screen as text, with the data of a live daemon.
fn print_snapshot(screen: &str, size: &str, mut model: Model, profile: Profile) -> Result<(), Error> {
    (model.screen, model.pane) = place(screen)?;
    let sizes = size.split_once('x').and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)));
    model.size = sizes
        .filter(|(columns, rows)| (1..=500).contains(columns) && (1..=500).contains(rows))
        .ok_or_else(|| Error::Usage(format!("'{size}' is no size; write it as 120x40")))?;
    model.offset = FixedOffset::east_opt(0).unwrap_or(model.offset);
    let client = Client::new(profile).context("set up the connection to the daemon")?;
    tokio_runtime()?.block_on(settle(&mut model, &client));
    print!("{}", snapshot::text(&model));
    match &model.link {
        Link::Down { reason, .. } => {
            Err(anyhow::anyhow!("the daemon at {} does not answer: {reason}", model.url).into())
        }
        Link::Unauthorized => Err(anyhow::anyhow!("the daemon wants its token: set NEXOPS_API_TOKEN").into()),
        Link::Connecting | Link::Live { .. } => Ok(()),
    }
}

/// The screen of a name, with the pane that it begins with.
fn place(name: &str) -> Result<Place, Error> {
    let found = SNAPSHOTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, place)| *place);
    found.ok_or_else(|| {
        let names: Vec<&str> = SNAPSHOTS.iter().map(|(known, _)| *known).collect();
        Error::Usage(format!("there is no screen '{name}'; it is one of {}", names.join(", ")))
    })
}

/// The screens that can be printed.
const SNAPSHOTS: [(&str, Place); 12] = [
    ("dashboard", (Screen::Dashboard, 0)),
    ("infrastructure", (Screen::Infrastructure, 0)),
    ("services", (Screen::Services, 0)),
    ("alerts", (Screen::Alerts, 0)),
    ("alert-history", (Screen::Alerts, 1)),
    ("rules", (Screen::Alerts, 2)),
    ("silences", (Screen::Alerts, 3)),
    ("settings", (Screen::Settings, 0)),
    ("connections", (Screen::Settings, 0)),
    ("channels", (Screen::Settings, 1)),
    ("appearance", (Screen::Settings, 2)),
    ("audit", (Screen::Audit, 0)),
];

/// Asks what the screen wants to know, until nothing is awaited.
async fn settle(model: &mut Model, client: &Client) {
    let mut events = vec![Event::Tick];
    // Answers bring new questions, such as the histories of nodes that were not known before; three rounds are enough.
    for _round in 0..3 {
        let mut asked = Vec::new();
        for event in events.drain(..) {
            asked.extend(update(model, Msg { at: now(), event }));
        }
        for effect in asked {
            if let Effect::Ask(question, generation) = effect {
                let result = net::ask(client, question).await;
                events.push(Event::Answered { question, generation, result });
            }
        }
    }
    for event in events {
        update(model, Msg { at: now(), event });
    }
}
