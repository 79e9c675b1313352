//! The command line: how long it takes to say anything at all.

use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Site;
use crate::process::beside;
use crate::report::Figure;

/// Runs of each command, taking turns.
const TIMES: usize = 60;

/// `nexops --version` and `nexops vm list`, above a program that does nothing.
pub async fn measure() -> Vec<Figure> {
    let site = Site::start(100).await;
    let nexops = beside("nexops");
    let run = |program: &std::path::Path, arguments: &[&str]| {
        let clock = Instant::now();
        let status = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("HOME", "/nonexistent")
            .env("NEXOPS_API_URL", &site.daemon.url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .expect("run a command: `make bench` builds it");
        assert!(status.success(), "{} {arguments:?}", program.display());
        clock.elapsed().as_secs_f64() * 1000.0
    };
    let (mut nothing, mut version, mut list) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TIMES {
        nothing.push(run(std::path::Path::new("/bin/true"), &[]));
        version.push(run(&nexops, &["--version"]));
        list.push(run(&nexops, &["vm", "list"]));
    }
    site.stop().await;
    let middle = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let nothing = middle(nothing);
    vec![
        Figure::plain("/bin/true", nothing, "ms"),
        Figure::aimed("nexops --version, above that", middle(version) - nothing, "ms", 3.0),
        Figure::aimed("nexops vm list of 100 guests, above that", middle(list) - nothing, "ms", 20.0),
    ]
}
