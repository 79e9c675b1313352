//! What `list` does for every noun: fetch, leave out what was not asked for, print, and go on looking where that is
//! wanted.

mod sort;
mod watch;

pub use sort::SortBy;

use nexops_core::client;

use crate::cli::ListFlags;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::freshness::warn_if_stale;
use crate::output::Row;
use crate::paging::Listing;

/// The list of a noun, in words and rules.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// What is attempted, as "list guests".
    pub attempt: &'a str,
    /// The flags that every list has.
    pub flags: &'a ListFlags,
    /// Whether flags of the noun's own leave rows out.
    pub is_filtered: bool,
    /// What to sort by here; `None` where the daemon has sorted.
    pub sort: Option<&'a SortBy>,
    /// How many rows to print at most.
    pub limit: Option<u32>,
    /// What is said when no row fits.
    pub none_fits: &'a str,
    /// What is said when there is no row at all, with what to do.
    pub empty: &'a str,
}

impl List<'_> {
    /// Shows the rows that `fetch` gives; it takes the most rows that are wanted.
    ///
    /// # Errors
    /// When they cannot be fetched or printed, a flag names no field of theirs, or the time for `--until` is up.
    pub async fn show<T: Row, F>(&self, context: &Context, fetch: impl Fn(Option<u32>) -> F) -> Result<()>
    where
        F: Future<Output = client::Result<Listing<T>>>,
    {
        let fits = self.flags.filter.as_ref().map(|filter| filter.of(T::FIELDS)).transpose()?;
        let sort = self.sort.map(SortBy::of).transpose()?;
        let limit = if fits.is_some() || sort.is_some() { None } else { self.limit };
        let fetch = async || -> client::Result<Listing<T>> {
            let mut listing = fetch(limit).await?;
            listing.rows.retain(|row| fits.as_ref().is_none_or(|fits| fits(row)));
            if let Some(sort) = &sort {
                sort(&mut listing.rows);
            }
            listing.rows.truncate(self.limit.map_or(usize::MAX, |limit| limit as usize));
            Ok(listing)
        };
        if self.flags.watch.is_some() || self.flags.until.is_some() {
            return watch::run(self, context, fetch).await;
        }
        let listing = fetch().await.map_err(|error| Failure::from_client(self.attempt, &error))?;
        warn_if_stale(context, listing.freshness, &listing.rows);
        context.output.list(&listing.rows)?;
        if listing.rows.is_empty() {
            context.talk.note(self.reason());
        }
        Ok(())
    }

    /// Why there is nothing to show.
    fn reason(&self) -> &str {
        if self.is_filtered || self.flags.filter.is_some() { self.none_fits } else { self.empty }
    }
}
