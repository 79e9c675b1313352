//! All that goes in and out: keys, time, the daemon, the files.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use crossterm::event::{Event as Input, EventStream, KeyCode, KeyModifiers};
use futures::{FutureExt, StreamExt};
use nexops_core::client::Client;
use nexops_core::profile::Profile;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::model::Model;
use crate::msg::{Effect, Event, Msg};
use crate::term::Term;
use crate::update::{deadline, update};
use crate::{files, net, view};

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

/// How the loop ended.
enum Flow {
    Continue,
    Quit,
}

impl Runtime {
    /// Runs until it is told to leave.
    ///
    /// # Errors
    /// When the terminal does not do as told.
    pub async fn run(mut self, mut model: Model, mut term: Term) -> anyhow::Result<()> {
        let (sender, mut receiver) = mpsc::channel::<Event>(WAITING);
        let mut client = Client::new(self.profile.clone()).context("set up the connection to the daemon")?;
        let mut input = EventStream::new();
        let mut ends = Ends::listen()?;
        self.draw(&mut model, &mut term)?;
        assert!(!self.panic, "a panic was asked for");
        let mut drawn_at = tokio::time::Instant::now();
        let mut next = vec![Event::Tick];
        loop {
            let mut flow = Flow::Continue;
            let hurry = next.iter().any(|event| matches!(event, Event::Key(_) | Event::Mouse(_) | Event::Resize(..)));
            let before = fingerprint(&model);
            for event in next.drain(..) {
                for effect in update(&mut model, Msg { at: now(), event }) {
                    if let Flow::Quit = self.perform(effect, &mut client, &mut term, &sender)? {
                        flow = Flow::Quit;
                    }
                }
            }
            if let Flow::Quit = flow {
                return Ok(());
            }
            if !hurry {
                tokio::time::sleep_until(drawn_at + BETWEEN_FRAMES).await;
                while let Ok(event) = receiver.try_recv() {
                    next.push(event);
                }
                if !next.is_empty() {
                    continue;
                }
            }
            if hurry || before != fingerprint(&model) {
                self.draw(&mut model, &mut term)?;
                drawn_at = tokio::time::Instant::now();
            }
            let due = (deadline(&model) - now()).to_std().unwrap_or(Duration::ZERO).max(Duration::from_millis(1));
            tokio::select! {
                event = input.next() => match event {
                    None => return Ok(()),
                    Some(Err(error)) => return Err(error).context("read from the terminal"),
                    Some(Ok(Input::Key(key))) if key.code == KeyCode::Char('z') && key.modifiers.contains(KeyModifiers::CONTROL) => {
                        // Input that waits belongs to the shell now.
                        drop(input);
                        term.stop()?;
                        input = EventStream::new();
                        let (columns, rows) = term.size()?;
                        next.extend([Event::Resize(columns, rows), Event::Resumed]);
                    }
                    Some(Ok(event)) => {
                        next.extend(translate(event));
                        while let Some(Some(Ok(more))) = input.next().now_or_never() {
                            next.extend(translate(more));
                        }
                    }
                },
                Some(event) = receiver.recv() => {
                    next.push(event);
                    while let Ok(more) = receiver.try_recv() {
                        next.push(more);
                    }
                }
                () = tokio::time::sleep(due) => next.push(Event::Tick),
                () = ends.wait() => return Ok(()),
            }
        }
    }

    fn draw(&self, model: &mut Model, term: &mut Term) -> anyhow::Result<()> {
        let mut drawn = view::Drawn::default();
        term.draw(|frame| drawn = view::view(model, frame)).context("draw")?;
        for (pane, (first, _)) in &drawn.tables {
            model.tables.of_mut(*pane).drawn_from(*first);
        }
        model.drawn = drawn;
        Ok(())
    }

    fn perform(
        &mut self,
        effect: Effect,
        client: &mut Client,
        term: &mut Term,
        sender: &mpsc::Sender<Event>,
    ) -> anyhow::Result<Flow> {
        let (client_now, sender) = (client.clone(), sender.clone());
        match effect {
            Effect::Ask(question, generation) => spawn(sender, async move {
                let result = net::ask(&client_now, question).await;
                Event::Answered { question, generation, result }
            }),
            Effect::Do(command) => spawn(sender, async move {
                let result = net::carry_out(&client_now, command.clone()).await;
                Event::Done { command, result }
            }),
            Effect::Copy(text) => term.copy(&text, self.in_tmux)?,
            Effect::Save(preferences) => {
                if let Some(path) = self.state.clone() {
                    spawn(sender, async move {
                        let saved = tokio::task::spawn_blocking(move || files::save(&path, &preferences)).await;
                        match saved.unwrap_or_else(|error| Err(error.into())) {
                            Ok(()) => Event::Tick,
                            Err(error) => Event::Fault(format!("the state cannot be written: {error:#}")),
                        }
                    });
                }
            }
            Effect::SignIn(identity) => {
                if !identity.actor.is_empty() {
                    self.profile.actor = Some(identity.actor.clone());
                }
                if identity.token.is_some() {
                    self.profile.token.clone_from(&identity.token);
                }
                *client = Client::new(self.profile.clone()).context("set up the connection to the daemon")?;
            }
            Effect::Mouse(taken) => term.mouse(taken)?,
            Effect::Quit => return Ok(Flow::Quit),
        }
        Ok(Flow::Continue)
    }
}

/// Does something beside the loop. What panics there is told on the screen.
fn spawn(sender: mpsc::Sender<Event>, work: impl Future<Output = Event> + Send + 'static) {
    tokio::spawn(async move {
        let event = std::panic::AssertUnwindSafe(work)
            .catch_unwind()
            .await
            .unwrap_or_else(|_panic| Event::Fault("a task panicked; this is a fault of NexOps".to_owned()));
        // Nobody listens when the loop has ended.
        let _ignored = sender.send(event).await;
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

/// What tells whether something has changed on the screen. It is drawn into memory: comparing pictures is cheaper than
/// knowing of every change whether it can be seen.
fn fingerprint(model: &Model) -> ratatui::buffer::Buffer {
    crate::snapshot::buffer(model)
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
