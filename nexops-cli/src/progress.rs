//! A line that shows that something is under way, for whoever looks at a terminal.

use std::io::Write;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::format::age;
use crate::talk::Talk;

const FRAME: Duration = Duration::from_millis(120);
const FRAMES: [char; 4] = ['|', '/', '-', '\\'];

/// Runs `work` while the line turns; it is gone afterwards.
pub async fn show<T>(talk: &Talk, began: Instant, text: &str, work: impl Future<Output = T>) -> T {
    if !talk.terminal || talk.quiet || talk.json {
        return work.await;
    }
    tokio::pin!(work);
    let mut ticks = interval(FRAME);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut line = Line;
    for frame in FRAMES.iter().cycle() {
        tokio::select! {
            biased;
            outcome = &mut work => return outcome,
            _ = ticks.tick() => {}
        }
        let seconds = i64::try_from(began.elapsed().as_secs()).unwrap_or(i64::MAX);
        line.draw(&format!("{frame} {text} {}", age(seconds)));
    }
    work.await
}

/// The line on the terminal; dropping it clears it, also when the work is given up.
struct Line;

impl Line {
    fn draw(&mut self, text: &str) {
        let _ = write!(std::io::stderr().lock(), "\r\u{1b}[K{text}");
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.draw("");
    }
}
