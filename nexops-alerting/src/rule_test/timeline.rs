//! What happened in a test, to be read when it was not what was expected.

use super::file::Key;
use super::time::Millis;

/// The most lines that are shown of it.
const MOST_LINES: usize = 40;

/// What happened, in time.
#[derive(Debug, Default)]
pub struct Timeline {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    at: Millis,
    /// What it concerns; none where it concerns everything.
    key: Option<Key>,
    what: What,
}

#[derive(Debug)]
enum What {
    Sample(f64),
    Told(String),
}

/// A line to be shown: its time, the samples that share it (value, time of the last, how many), or what happened.
type Line = (Millis, Option<(f64, Millis, usize)>, String);

impl Timeline {
    /// Notes a sample.
    pub fn sample(&mut self, at: Millis, key: Key, value: f64) {
        self.entries.push(Entry { at, key: Some(key), what: What::Sample(value) });
    }

    /// Notes anything else.
    pub fn note(&mut self, at: Millis, key: Option<Key>, text: impl Into<String>) {
        self.entries.push(Entry { at, key, what: What::Told(text.into()) });
    }

    /// What happened to a rule and a source up to a time, one line each; samples that are alike share one.
    pub fn of(&self, key: Key, until: Millis) -> Vec<String> {
        let mut lines: Vec<Line> = Vec::new();
        let concerned = |entry: &&Entry| entry.at <= until && entry.key.is_none_or(|other| other == key);
        for entry in self.entries.iter().filter(concerned) {
            match (&entry.what, lines.last_mut()) {
                (What::Sample(value), Some((_, Some((same, last, count)), _))) if same.total_cmp(value).is_eq() => {
                    (*last, *count) = (entry.at, *count + 1);
                }
                (What::Sample(value), _) => lines.push((entry.at, Some((*value, entry.at, 1)), String::new())),
                (What::Told(text), _) => lines.push((entry.at, None, text.clone())),
            }
        }
        let hidden = lines.len().saturating_sub(MOST_LINES);
        let shown = lines.into_iter().skip(hidden).map(|(at, samples, text)| match samples {
            Some((value, _, 1)) => format!("{at:>8}  sample {value}"),
            Some((value, last, count)) => format!("{at:>8}  sample {value}, {count} times until {last}"),
            None => format!("{at:>8}  {text}"),
        });
        let more = (hidden > 0).then(|| format!("          … {hidden} earlier lines"));
        more.into_iter().chain(shown).collect()
    }
}
