//! What the daemon tells by itself, on its way to the model.

use std::time::Duration;

use futures::FutureExt;
use nexops_core::client::Client;
use nexops_core::client::events::{EventStream, News};
use nexops_core::event::EventQuery;

use crate::msg::Event;

/// The pauses between two tries, in seconds.
const PAUSES: [u64; 5] = [1, 2, 4, 8, 15];
/// The most that is told at once.
const AT_ONCE: usize = 500;

/// Follows what the daemon tells, across broken connections, and hands it to `tell`, until that says that nobody
/// listens any more.
pub async fn follow<F: Future<Output = bool>>(client: Client, tell: impl Fn(Event) -> F) {
    let mut attempts = 0;
    loop {
        if let Ok(mut stream) = client.events(&EventQuery::default(), None).await {
            attempts = 0;
            if !tell(Event::Stream(true)).await || !listen(&mut stream, &tell).await {
                return;
            }
        } else if !tell(Event::Stream(false)).await {
            return;
        }
        tokio::time::sleep(Duration::from_secs(PAUSES[attempts.min(PAUSES.len() - 1)])).await;
        attempts += 1;
    }
}

/// Listens until the stream is lost for longer than a moment; says whether anybody listens still.
async fn listen<F: Future<Output = bool>>(stream: &mut EventStream, tell: &impl Fn(Event) -> F) -> bool {
    let mut attempts = 0;
    loop {
        let mut events = Vec::new();
        let mut news = Some(stream.next().await);
        // What comes together is told together.
        while let Some(Ok(News::Event(event))) = news {
            events.push(*event);
            news = if events.len() < AT_ONCE { stream.next().now_or_never() } else { None };
        }
        if !events.is_empty() && !tell(Event::Told(events)).await {
            return false;
        }
        let listened = match news {
            None | Some(Ok(News::Event(_))) => true,
            Some(Ok(News::Connected)) => {
                attempts = 0;
                tell(Event::Stream(true)).await
            }
            Some(Ok(News::Reset)) => tell(Event::Missed).await,
            Some(Ok(News::Ended) | Err(_)) => {
                let listened = tell(Event::Stream(false)).await;
                tokio::time::sleep(Duration::from_secs(PAUSES[attempts.min(PAUSES.len() - 1)])).await;
                attempts += 1;
                listened
            }
        };
        if !listened {
            return false;
        }
    }
}
