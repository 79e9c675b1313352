//! The question before what takes something away, without a terminal.

use nexops_core::vm::PowerAction;
use rstest::rstest;

use crate::daemon::{Daemon, task, vm};

#[rstest]
#[case("stop")]
#[case("reset")]
#[case("restart")]
#[case("shutdown")]
#[case("suspend")]
fn without_a_terminal_it_must_be_said_beforehand(#[case] action: PowerAction) {
    let daemon = Daemon::with_web_1();
    let run = daemon.run(&format!("vm {action} 101"));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("nothing was sent") && run.stderr.contains("--yes"), "{}", run.stderr);
    assert!(daemon.requests().is_empty());
}

#[test]
fn a_yes_on_standard_input_is_none_without_a_terminal() {
    let daemon = Daemon::with_web_1();
    let run: crate::daemon::Run = daemon.command("vm stop 101").write_stdin("y\n").output().unwrap().into();
    assert_eq!((run.code, daemon.posts()), (2, 0));
}

#[rstest]
#[case("start")]
#[case("resume")]
fn what_takes_nothing_away_never_asks_and_takes_the_flag_all_the_same(#[case] action: PowerAction) {
    let daemon = Daemon::with_web_1();
    let guest = vm(101, "web-1");
    daemon.accepts(&guest, &task(action, &guest));
    assert_eq!(daemon.run(&format!("vm {action} 101")).code, 0);
    assert_eq!(daemon.run(&format!("vm {action} 101 -y")).code, 0);
}
