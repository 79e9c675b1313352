//! `nexops alert rule test`: rules on made-up series, without a daemon.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use nexops_alerting::rule_test::{self, Verdict};
use serde::Serialize;

use crate::cli::{Format, TestRulesArgs};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::format::clean;
use crate::output::emit;

/// A file that could be run, and how its tests ended.
struct Ran {
    file: String,
    verdicts: Vec<Verdict>,
}

/// Runs every test of every file.
pub fn run(args: &TestRulesArgs, format: Format, quiet: bool) -> Result<()> {
    let mut ran = Vec::new();
    let mut wrong = Vec::new();
    for path in &args.files {
        let file = path.display().to_string();
        match read(path).and_then(|text| rule_test::run(&text).map_err(|fault| fault.to_string())) {
            Ok(verdicts) => ran.push(Ran { file, verdicts }),
            Err(reason) => {
                wrong.push(Failure::new(Exit::Usage, "RULE_TEST_INVALID", format!("{file}: {}", clean(&reason))));
            }
        }
    }
    match format {
        Format::Json => emit(&(json(&wires(&ran), true)? + "\n"))?,
        Format::Jsonl => {
            let lines: Vec<String> = wires(&ran).iter().map(|test| json(test, false)).collect::<Result<_>>()?;
            emit(&lines.into_iter().map(|line| line + "\n").collect::<String>())?;
        }
        Format::Yaml => {
            let text = serde_yaml_ng::to_string(&wires(&ran)).map_err(|error| not_printed(&error))?;
            emit(&text)?;
        }
        Format::Name => emit(&failed(&ran).map(|(_, verdict)| clean(&verdict.name) + "\n").collect::<String>())?,
        Format::Table | Format::Wide | Format::Csv => emit(&report(&ran, quiet))?,
    }
    let failures = failed(&ran).count();
    match (wrong.len(), failures) {
        (0, 0) => Ok(()),
        (0, failures) => {
            let all: usize = ran.iter().map(|ran| ran.verdicts.len()).sum();
            Err(Failure::new(Exit::Generic, "RULE_TESTS_FAILED", format!("{failures} of {all} rule tests failed")))
        }
        (1, _) => Err(wrong.remove(0)),
        (count, _) => {
            let message = format!("{count} of {} files are wrong", args.files.len());
            Err(Failure { causes: wrong, ..Failure::new(Exit::Usage, "RULE_TEST_INVALID", message) })
        }
    }
}

fn read(path: &PathBuf) -> std::result::Result<String, String> {
    if path.as_path() == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| format!("cannot read it: {error}"))?;
        return Ok(text);
    }
    std::fs::read_to_string(path).map_err(|error| format!("cannot read it: {error}"))
}

fn failed(ran: &[Ran]) -> impl Iterator<Item = (&str, &Verdict)> {
    ran.iter().flat_map(|ran| {
        ran.verdicts.iter().filter(|verdict| !verdict.passed()).map(move |verdict| (ran.file.as_str(), verdict))
    })
}

/// The report for people. Its last line says how many passed.
fn report(ran: &[Ran], quiet: bool) -> String {
    let mut text = String::new();
    for Ran { file, verdicts } in ran {
        let failed = verdicts.iter().filter(|verdict| !verdict.passed()).count();
        if !quiet || failed > 0 {
            let _infallible = writeln!(text, "{}", clean(file));
        }
        for verdict in verdicts.iter().filter(|verdict| !quiet || !verdict.passed()) {
            let mark = if verdict.passed() { "ok    " } else { "FAILED" };
            let _infallible = writeln!(text, "  {mark}  {}", clean(&verdict.name));
            for failure in &verdict.failures {
                let _infallible = writeln!(text, "          {}", clean(&failure.message));
                for line in &failure.timeline {
                    let _infallible = writeln!(text, "            {}", clean(line));
                }
            }
        }
    }
    let all: usize = ran.iter().map(|ran| ran.verdicts.len()).sum();
    let failures = self::failed(ran).count();
    let _infallible = writeln!(text, "{} passed, {failures} failed", all - failures);
    text
}

/// A test as programs read it.
#[derive(Serialize)]
struct Wire<'a> {
    file: &'a str,
    test: &'a str,
    passed: bool,
    failures: Vec<WireFailure<'a>>,
}

#[derive(Serialize)]
struct WireFailure<'a> {
    message: &'a str,
    timeline: &'a [String],
}

fn wires(ran: &[Ran]) -> Vec<Wire<'_>> {
    let mut wires = Vec::new();
    for Ran { file, verdicts } in ran {
        for Verdict { name, failures } in verdicts {
            let told = failures.iter().map(|one| WireFailure { message: &one.message, timeline: &one.timeline });
            wires.push(Wire { file, test: name, passed: failures.is_empty(), failures: told.collect() });
        }
    }
    wires
}

fn json(value: &impl Serialize, pretty: bool) -> Result<String> {
    let text = if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    text.map_err(|error| not_printed(&error))
}

fn not_printed(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Generic, "OUTPUT_FAILED", format!("cannot print the results: {error}"))
}
