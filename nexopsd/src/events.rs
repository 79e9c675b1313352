//! What happened, in sequence, to everybody who listens.
//!
//! Each daemon has one connection on which PostgreSQL tells it that there are new events (LISTEN), whichever daemon
//! wrote them. It reads them once and passes them on to any number of readers. Where telling fails, looking every few
//! seconds finds them too.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};

use crate::app::App;
use crate::db::event::{self, Extent, Listener, Stored};
use crate::db::{self, Db};

/// Readers at a time. Each holds a connection and a little memory.
const MOST_READERS: usize = 256;
/// Events that a reader may be behind before it is told to look at everything anew.
const BEHIND: usize = 1024;
/// Events read from the database at a time.
const PAGE: i64 = 200;
/// How often the database is asked without having said anything.
const POLL: Duration = Duration::from_secs(5);
/// How long the follower waits after a failure, at first and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(5)];

/// The place where events are passed on. One for each daemon.
#[derive(Debug)]
pub struct Events {
    news: broadcast::Sender<News>,
    seats: Arc<Semaphore>,
    /// After which event the first of all began, a reader or the daemon. What comes next is passed on, though a reader may
    /// be there before the daemon has its own connection.
    beginning: OnceLock<i64>,
    passed_on: AtomicU64,
    resets: AtomicU64,
}

/// What readers are told.
#[derive(Debug, Clone)]
pub enum News {
    /// Something happened.
    Event(Arc<Stored>),
    /// Something is missing here: whoever follows has to look at everything anew.
    Reset {
        /// The event after which the sequence goes on.
        id: i64,
        /// Why.
        reason: Reason,
    },
}

/// Why a reader has to look at everything anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It was away for longer than events are kept.
    TooOld,
    /// It reads more slowly than things happen.
    TooSlow,
    /// More changed at once than can be told one by one.
    TooMuch,
    /// The database is another one, or was put back to an earlier state.
    OtherSequence,
}

impl Reason {
    /// The word that travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooOld => "too_old",
            Self::TooSlow => "too_slow",
            Self::TooMuch => "too_much",
            Self::OtherSequence => "other_sequence",
        }
    }
}

impl Default for Events {
    fn default() -> Self {
        Self {
            news: broadcast::Sender::new(BEHIND),
            seats: Arc::new(Semaphore::new(MOST_READERS)),
            beginning: OnceLock::new(),
            passed_on: AtomicU64::new(0),
            resets: AtomicU64::new(0),
        }
    }
}

/// There are as many readers as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{MOST_READERS} readers follow the events already, and more are not served; try again later")]
pub struct TooManyReaders;

impl Events {
    /// Listens to what is passed on from now on, as the daemon itself does.
    pub fn subscribe(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// Takes a seat among the readers.
    ///
    /// # Errors
    /// [`TooManyReaders`] when all are taken.
    pub fn take_seat(&self) -> Result<OwnedSemaphorePermit, TooManyReaders> {
        Arc::clone(&self.seats).try_acquire_owned().map_err(|_full| TooManyReaders)
    }

    /// Readers at the moment.
    #[must_use]
    pub fn readers(&self) -> usize {
        MOST_READERS - self.seats.available_permits()
    }

    /// Events passed on since the daemon started.
    #[must_use]
    pub fn passed_on(&self) -> u64 {
        self.passed_on.load(Ordering::Relaxed)
    }

    /// How often a reader was told to look at everything anew since the daemon started.
    #[must_use]
    pub fn resets(&self) -> u64 {
        self.resets.load(Ordering::Relaxed)
    }

    /// Begins after the given event, unless somebody began before: then after the one that he did.
    fn begin_at(&self, last: i64) -> i64 {
        *self.beginning.get_or_init(|| last)
    }

    fn pass_on(&self, event: Stored) {
        self.passed_on.fetch_add(1, Ordering::Relaxed);
        // Nobody may be listening.
        let _receivers = self.news.send(News::Event(Arc::new(event)));
    }
}

/// Follows the events of the database until the daemon ends, and passes them on.
pub async fn follow(app: Arc<App>) {
    let mut reached = None;
    let mut failing = false;
    let mut pause = PAUSES[0];
    loop {
        let before = reached;
        let error = tokio::select! {
            () = app.shutdown.cancelled() => return,
            error = follow_one_connection(&app, &mut reached, &mut failing) => error,
        };
        if !std::mem::replace(&mut failing, true) {
            tracing::warn!("events are not followed for now: {:#}", anyhow::Error::from(error));
        }
        pause = if reached == before { (pause * 2).min(PAUSES[1]) } else { PAUSES[0] };
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Follows as long as the connection lasts, and says how it ended.
async fn follow_one_connection(app: &App, reached: &mut Option<i64>, failing: &mut bool) -> db::Error {
    let mut listener = match app.db.listen().await {
        Ok(listener) => listener,
        Err(error) => return error,
    };
    match catch_up(app, &mut listener, reached).await {
        Ok(()) if std::mem::take(failing) => tracing::info!("events are followed again"),
        Ok(()) => {}
        Err(error) => return error,
    }
    loop {
        if let Err(error) = listener.wait(POLL).await {
            return error;
        }
        if let Err(error) = read_on(app, &mut listener, reached).await {
            return error;
        }
    }
}

/// Finds the place where the last connection ended, or the first reader began, if it is still there.
async fn catch_up(app: &App, listener: &mut Listener, reached: &mut Option<i64>) -> db::Result<()> {
    let extent = listener.extent().await?;
    let before = reached.unwrap_or_else(|| app.events.begin_at(extent.last));
    let from = match gap(before, extent) {
        None => before,
        Some(reason) => {
            let _receivers = app.events.news.send(News::Reset { id: extent.last, reason });
            extent.last
        }
    };
    *reached = Some(from);
    read_on(app, listener, reached).await
}

async fn read_on(app: &App, listener: &mut Listener, reached: &mut Option<i64>) -> db::Result<()> {
    loop {
        let page = listener.after(reached.unwrap_or_default(), PAGE).await?;
        let is_last = i64::try_from(page.len()).unwrap_or(PAGE) < PAGE;
        for event in page {
            *reached = Some(event.id);
            app.events.pass_on(event);
        }
        if is_last {
            return Ok(());
        }
    }
}

/// Why what happened after this event cannot be told one by one; `None` if it can.
const fn gap(id: i64, extent: Extent) -> Option<Reason> {
    if id > extent.last {
        Some(Reason::OtherSequence)
    } else if id < extent.complete_after {
        Some(Reason::TooOld)
    } else {
        None
    }
}

/// How far a reader is.
#[derive(Debug)]
enum Place {
    /// It is told what is stored.
    Past,
    /// It is told what happens.
    Present(broadcast::Receiver<News>),
    /// It was too slow, and does not know yet where to go on.
    Lost,
}

/// One who follows the events from a place of his own.
#[derive(Debug)]
pub struct Reader {
    app: Arc<App>,
    last: i64,
    backlog: VecDeque<News>,
    place: Place,
    _seat: OwnedSemaphorePermit,
}

impl Reader {
    /// Begins after the given event, or with what happens from now on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn new(app: Arc<App>, seat: OwnedSemaphorePermit, after: Option<i64>) -> db::Result<Self> {
        let live = app.events.subscribe();
        let extent = event::extent(&mut *app.db.get().await?).await?;
        app.events.begin_at(extent.last);
        let place = Place::Present(live);
        let mut reader = Self { app, last: extent.last, backlog: VecDeque::new(), place, _seat: seat };
        if let Some(after) = after {
            match gap(after, extent) {
                Some(reason) => reader.backlog.push_back(reader.reset(extent.last, reason)),
                None => {
                    reader.last = after;
                    reader.place = Place::Past;
                }
            }
        }
        Ok(reader)
    }

    /// The last event that this reader has behind it, told or not.
    #[must_use]
    pub const fn last(&self) -> i64 {
        self.last
    }

    /// What happened next. Nothing is lost when the wait is broken off.
    ///
    /// # Errors
    /// When the database does not answer while the past is told.
    pub async fn next(&mut self) -> db::Result<News> {
        loop {
            if let Some(news) = self.backlog.pop_front() {
                return Ok(self.told(news));
            }
            let live = match &mut self.place {
                Place::Present(live) => live,
                Place::Past => {
                    self.read_the_past().await?;
                    continue;
                }
                Place::Lost => {
                    self.find_the_present().await?;
                    continue;
                }
            };
            match live.recv().await {
                Ok(News::Event(event)) if event.id <= self.last => {}
                Ok(news @ News::Event(_)) => return Ok(self.told(news)),
                Ok(News::Reset { id, reason }) => {
                    let reset = self.reset(id, reason);
                    return Ok(self.told(reset));
                }
                // Kept as a state: the wait may be broken off before the rest is done.
                Err(broadcast::error::RecvError::Lagged(_)) => self.place = Place::Lost,
                // The sender lives in the app, which lives in `self`.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }

    /// Takes a page from the database. After the last one it listens first and looks once more, so that nothing falls
    /// between the past and the present.
    async fn read_the_past(&mut self) -> db::Result<()> {
        let mut page = self.page(&self.app.db).await?;
        if page.is_empty() {
            let live = self.app.events.subscribe();
            page = self.page(&self.app.db).await?;
            if i64::try_from(page.len()).is_ok_and(|length| length < PAGE) {
                self.place = Place::Present(live);
            }
        }
        self.backlog.extend(page);
        Ok(())
    }

    async fn find_the_present(&mut self) -> db::Result<()> {
        let live = self.app.events.subscribe();
        let id = event::extent(&mut *self.app.db.get().await?).await?.last;
        self.place = Place::Present(live);
        self.backlog.push_back(self.reset(id, Reason::TooSlow));
        Ok(())
    }

    async fn page(&self, db: &Db) -> db::Result<Vec<News>> {
        let stored = event::after(&mut *db.get().await?, self.last, PAGE).await?;
        Ok(stored.into_iter().map(|event| News::Event(Arc::new(event))).collect())
    }

    fn reset(&self, id: i64, reason: Reason) -> News {
        self.app.events.resets.fetch_add(1, Ordering::Relaxed);
        News::Reset { id, reason }
    }

    /// Remembers that something was told. Where too much changed at once, that is what is told.
    fn told(&mut self, news: News) -> News {
        match news {
            News::Event(event) if event.is_reset() => {
                self.last = event.id;
                self.reset(event.id, Reason::TooMuch)
            }
            News::Event(event) => {
                self.last = event.id;
                News::Event(event)
            }
            News::Reset { id, reason } => {
                self.last = id;
                News::Reset { id, reason }
            }
        }
    }
}
