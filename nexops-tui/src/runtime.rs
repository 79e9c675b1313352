//! All that goes in and out: keys, time, the daemon, the files.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use crossterm::event::{Event as Input, EventStream, KeyCode, KeyEvent, KeyModifiers};
use futures::{FutureExt, StreamExt};
use nexops_core::client::Client;
use nexops_core::profile::Profile;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::model::Model;
use crate::msg::{Effect, Event, Msg};
use crate::term::Term;
use crate::update::{deadline, update};
use crate::{files, net, sign_in};

/// Between two frames that no key asked for.
const BETWEEN_FRAMES: Duration = Duration::from_millis(33);
/// Messages that may wait.
const WAITING: usize = 256;

/// What the loop works with beside the model.
pub struct Runtime {
    /// Who speaks to which daemon.
    pub profile: Profile,
    /// Where the state is written; `None` when nothing is remembered.
    pub state: Option<PathBuf>,
    /// Whether copies have to pass through tmux.
    pub in_tmux: bool,
    /// Whether to panic after the first frame, for the test of the terminal's restoration.
    pub panic: bool,
}

/// Whether the loop goes on.
enum Flow {
    Continue,
    Quit,
}

/// What the loop hears of.
enum Incoming {
    /// Something for the model.
    Event(Event),
    /// Ctrl-Z.
    Stop,
    /// Nothing more comes from the terminal.
    InputEnded(anyhow::Result<()>),
}

impl Runtime {
    /// Runs until it is told to leave.
    ///
    /// # Errors
    /// When the terminal does not do as told.
    pub async fn run(mut self, mut model: Model, mut term: Term) -> anyhow::Result<()> {
        let (sender, mut receiver) = mpsc::channel::<Incoming>(WAITING);
        let mut ends = Ends::listen()?;
        let mut reader = read_input(sender.clone());
        term.show(&mut model).context("draw")?;
        assert!(!self.panic, "a panic was asked for");
        let mut daemon = Daemon::meet(&self.profile, &sender)?;
        let mut drawn_at = Instant::now();
        let mut incoming = vec![Incoming::Event(Event::Tick)];
        loop {
            let mut hurry = false;
            for message in incoming.drain(..) {
                let event = match message {
                    Incoming::Event(event) => event,
                    Incoming::InputEnded(result) => return result.context("read from the terminal"),
                    Incoming::Stop => {
                        // What is typed while it is stopped belongs to the shell.
                        reader.abort();
                        term.stop()?;
                        reader = read_input(sender.clone());
                        model.size = term.size()?;
                        Event::Resumed
                    }
                };
                hurry |= matches!(event, Event::Key(_) | Event::Mouse(_) | Event::Resize(..) | Event::Resumed);
                for effect in update(&mut model, Msg { at: now(), event }) {
                    if let Flow::Quit = self.perform(effect, &mut daemon, &mut term, &sender)? {
                        return Ok(());
                    }
                }
            }
            if !hurry {
                // Answers that come together are shown together; a key does not wait for them.
                tokio::select! {
                    () = tokio::time::sleep_until(drawn_at + BETWEEN_FRAMES) => {}
                    message = receiver.recv() => incoming.extend(message),
                }
            }
            while let Ok(message) = receiver.try_recv() {
                incoming.push(message);
            }
            if !incoming.is_empty() {
                continue;
            }
            if term.show(&mut model).context("draw")? {
                drawn_at = Instant::now();
            }
            let due = (deadline(&model) - now()).to_std().unwrap_or(Duration::ZERO).max(Duration::from_millis(1));
            tokio::select! {
                message = receiver.recv() => incoming.extend(message),
                () = tokio::time::sleep(due) => incoming.push(Incoming::Event(Event::Tick)),
                () = ends.wait() => return Ok(()),
            }
        }
    }

    fn perform(
        &mut self,
        effect: Effect,
        daemon: &mut Daemon,
        term: &mut Term,
        sender: &mpsc::Sender<Incoming>,
    ) -> anyhow::Result<Flow> {
        let (client, sender) = (daemon.client.clone(), sender);
        match effect {
            Effect::Ask(question, generation) => spawn(sender, async move {
                let result = net::ask(&client, question).await;
                Event::Answered { question, generation, result }
            }),
            Effect::Do(command) => spawn(sender, async move {
                let result = net::carry_out(&client, command.request.clone()).await;
                Event::Done { command, result }
            }),
            Effect::Copy(text) => term.copy(&text, self.in_tmux)?,
            Effect::Save(preferences) => {
                // At once and in order: two that write beside each other take each other's file away.
                if let Some(path) = &self.state
                    && let Err(error) = files::save(path, &preferences)
                {
                    let fault = Event::Fault(format!("the state cannot be written: {error:#}"));
                    spawn(sender, async move { fault });
                }
            }
            Effect::SignIn(identity) => {
                if !identity.actor.is_empty() {
                    self.profile.actor = Some(identity.actor.clone());
                }
                if identity.token.is_some() {
                    self.profile.token.clone_from(&identity.token);
                }
                *daemon = Daemon::meet(&self.profile, sender)?;
                if let Some(token) = identity.token {
                    let (client, profile) =
                        (daemon.client.clone(), Profile { token: Some(token), ..self.profile.clone() });
                    spawn(sender, async move { sign_in::keep(&client, profile).await });
                }
            }
            Effect::Switch(context) => match Profile::chosen(None, Some(&context.name)) {
                Ok(profile) => {
                    let actor = context.actor.or_else(|| self.profile.actor.take());
                    self.profile = Profile { actor, ..profile };
                    *daemon = Daemon::meet(&self.profile, sender)?;
                }
                Err(error) => spawn(sender, async move { Event::Fault(error.to_string()) }),
            },
            Effect::Mouse(taken) => term.mouse(taken)?,
            Effect::Quit => return Ok(Flow::Quit),
        }
        Ok(Flow::Continue)
    }
}

/// Who answers, and who tells what happens.
struct Daemon {
    client: Client,
    /// Ends with it.
    stream: JoinHandle<()>,
}

impl Daemon {
    fn meet(profile: &Profile, sender: &mpsc::Sender<Incoming>) -> anyhow::Result<Self> {
        let client = Client::new(profile.clone()).context("set up the connection to the daemon")?;
        let (follower, sender) = (client.clone(), sender.clone());
        let stream = tokio::spawn(net::follow(follower, move |event| {
            let sender = sender.clone();
            async move { sender.send(Incoming::Event(event)).await.is_ok() }
        }));
        Ok(Self { client, stream })
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stream.abort();
    }
}

/// Does something beside the loop. What panics there is told on the screen.
fn spawn(sender: &mpsc::Sender<Incoming>, work: impl Future<Output = Event> + Send + 'static) {
    let sender = sender.clone();
    tokio::spawn(async move {
        let event = std::panic::AssertUnwindSafe(work)
            .catch_unwind()
            .await
            .unwrap_or_else(|_panic| Event::Fault("a task panicked; this is a fault of NexOps".to_owned()));
        let _nobody_listens = sender.send(Incoming::Event(event)).await;
    });
}

fn translate(event: Input) -> Option<Event> {
    Some(match event {
        Input::Key(key) => Event::Key(key),
        Input::Mouse(mouse) if !matches!(mouse.kind, crossterm::event::MouseEventKind::Moved) => Event::Mouse(mouse),
        Input::Paste(text) => Event::Paste(text),
        Input::Resize(columns, rows) => Event::Resize(columns, rows),
        Input::Mouse(_) | Input::FocusGained | Input::FocusLost => return None,
    })
}

/// Reads keys and clicks beside the loop, until it is aborted.
fn read_input(sender: mpsc::Sender<Incoming>) -> JoinHandle<()> {
    // From here on no change of the size is missed.
    let mut input = EventStream::new();
    tokio::spawn(async move {
        let ended = loop {
            let message = match input.next().await {
                None => break Ok(()),
                Some(Err(error)) => break Err(error),
                Some(Ok(Input::Key(key))) if is_stop(key) => Some(Incoming::Stop),
                Some(Ok(event)) => translate(event).map(Incoming::Event),
            };
            if let Some(message) = message
                && sender.send(message).await.is_err()
            {
                return;
            }
        };
        let _nobody_listens = sender.send(Incoming::InputEnded(ended.map_err(anyhow::Error::from))).await;
    })
}

fn is_stop(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('z') && key.modifiers.contains(KeyModifiers::CONTROL)
}

/// The time.
#[must_use]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// The signals that end it.
struct Ends {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
}

impl Ends {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("listen for signals");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
