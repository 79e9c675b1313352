//! Lists as a whole: as few requests as there are pages of a thousand rows.

pub mod all;

use nexops_core::client;
use nexops_core::envelope::{Freshness, ListEnvelope};
use nexops_core::page::MAX_PER_PAGE;

/// All rows of a list.
#[derive(Debug)]
pub struct Listing<T> {
    /// The rows, in the daemon's order.
    pub rows: Vec<T>,
    /// How old they are; `None` where they do not come from Proxmox.
    pub freshness: Option<Freshness>,
}

/// Fetches pages until all rows are there, or `limit` of them. `fetch` takes the page and the rows on it.
pub async fn all_pages<T, F>(limit: Option<u32>, mut fetch: impl FnMut(u32, u32) -> F) -> client::Result<Listing<T>>
where
    F: Future<Output = client::Result<ListEnvelope<T>>>,
{
    let wanted = limit.map_or(usize::MAX, |limit| limit as usize);
    let per_page = limit.map_or(MAX_PER_PAGE, |limit| limit.min(MAX_PER_PAGE));
    let mut listing = Listing { rows: Vec::new(), freshness: None };
    for page in 1.. {
        let ListEnvelope { data, meta } = fetch(page, per_page).await?;
        let is_past_end = data.is_empty();
        listing.rows.extend(data);
        listing.freshness = oldest(listing.freshness, meta.freshness);
        if is_past_end || listing.rows.len() as u64 >= meta.total || listing.rows.len() >= wanted {
            break;
        }
    }
    listing.rows.truncate(wanted);
    Ok(listing)
}

fn oldest(before: Option<Freshness>, now: Option<Freshness>) -> Option<Freshness> {
    match (before, now) {
        (Some(before), Some(now)) => {
            Some(Freshness { observed_at: before.observed_at.min(now.observed_at), stale: before.stale || now.stale })
        }
        (one, other) => one.or(other),
    }
}
