//! `nexops apply`: makes things as files want them.

mod changes;
mod put;

use changes::{Change, changes};
use put::Present;

use serde::Serialize;

use crate::cli::ApplyArgs;
use crate::code::{self, Source};
use crate::color::{Tone, paint};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::format::clean;
use crate::output::{Cell, Column, Field, Row, emit};

/// What was, or would be, done about a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Created,
    Changed,
    Unchanged,
    Failed,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Created => Tone::Good,
            Self::Changed => Tone::Odd,
            Self::Unchanged => Tone::Dim,
            Self::Failed => Tone::Bad,
        }
    }
}

/// A document and what became of it.
#[derive(Debug, Serialize)]
struct Applied {
    kind: &'static str,
    name: String,
    outcome: Outcome,
    changes: Vec<Change>,
}

impl Row for Applied {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "KIND", cell: |applied, _| Cell::plain(applied.kind) },
        Column { header: "NAME", cell: |applied, _| Cell::plain(&applied.name) },
        Column { header: "OUTCOME", cell: |applied, _| Cell::new(applied.outcome.word(), applied.outcome.tone()) },
    ];
    const WIDE: &'static [Column<Self>] = &[];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "kind", value: |applied| Some(applied.kind.to_owned()) },
        Field { name: "name", value: |applied| Some(applied.name.clone()) },
        Field { name: "outcome", value: |applied| Some(applied.outcome.word().to_owned()) },
    ];

    fn name(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }
}

/// Reads all files, and then puts one document after the other in force.
pub async fn run(args: &ApplyArgs, context: &Context) -> Result<()> {
    let sources = code::read(&args.files)?;
    let mut present = Present::default();
    let (mut done, mut failures) = (Vec::new(), Vec::new());
    for source in &sources {
        let (kind, name) = (source.wanted.kind().as_str(), source.wanted.name().to_owned());
        let (outcome, changes) = match apply(source, &mut present, args.dry_run, context).await {
            Ok(done) => done,
            Err(failure) => {
                failures.push(failure);
                (Outcome::Failed, Vec::new())
            }
        };
        let applied = Applied { kind, name, outcome, changes };
        tell(&applied, args.dry_run, context)?;
        done.push(applied);
    }
    if !is_told_line_by_line(context) {
        context.output.list(&done)?;
    }
    summarize(&done, args.dry_run, context);
    Failure::of_many(failures, sources.len(), "documents")
}

async fn apply(
    source: &Source,
    present: &mut Present,
    dry_run: bool,
    context: &Context,
) -> Result<(Outcome, Vec<Change>)> {
    let wanted = &source.wanted;
    let before = present.find(wanted, context).await?;
    let changes = changes(before.map(put::Existing::wanted).as_ref(), wanted);
    let outcome = match before {
        None => Outcome::Created,
        Some(_) if changes.is_empty() => Outcome::Unchanged,
        Some(_) => Outcome::Changed,
    };
    put::require_secret(before, source)?;
    if !dry_run && outcome != Outcome::Unchanged {
        put::put(before, wanted, context).await?;
    }
    Ok((outcome, changes))
}

fn is_told_line_by_line(context: &Context) -> bool {
    context.output.is_for_people() && context.output.columns.is_empty()
}

/// A line for a document as soon as something became of it, and in a dry run what would change.
fn tell(applied: &Applied, dry_run: bool, context: &Context) -> Result<()> {
    if !is_told_line_by_line(context) || (context.talk.quiet && !dry_run) {
        return Ok(());
    }
    let colored = context.output.colored;
    let outcome = paint(applied.outcome.word(), applied.outcome.tone(), colored);
    let mut text = format!("{} {}: {outcome}\n", applied.kind, clean(&applied.name));
    if dry_run {
        for change in &applied.changes {
            text.push_str(&change.lines(colored));
        }
    }
    emit(&text)
}

fn summarize(done: &[Applied], dry_run: bool, context: &Context) {
    let count = |outcome| done.iter().filter(|applied| applied.outcome == outcome).count();
    let all = [Outcome::Created, Outcome::Changed, Outcome::Unchanged, Outcome::Failed];
    let parts: Vec<String> = all
        .iter()
        .map(|outcome| (count(*outcome), outcome.word()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let remark = if dry_run { "; nothing was sent, for this is a dry run" } else { "" };
    let parts = if parts.is_empty() { "the files hold no document".to_owned() } else { parts.join(", ") };
    context.talk.note(&format!("{parts}{remark}"));
}
