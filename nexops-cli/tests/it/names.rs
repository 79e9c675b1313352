//! What people may type for a guest or a node.

use nexops_core::id::ConnectionId;
use nexops_core::node::Node;
use nexops_core::vm::{PowerAction, Vm};
use rstest::rstest;

use crate::daemon::{Daemon, id, list, list_with, node, refuses, task, vm};

fn twins() -> Daemon {
    let daemon = Daemon::start();
    daemon.knows(&[
        vm(101, "web-1"),
        Vm { node: "pve2".to_owned(), connection: "office".to_owned(), ..vm(201, "web-1") },
        vm(301, "web-1-copy"),
    ]);
    daemon
}

#[rstest]
#[case("201")]
#[case("pve2/web-1")]
#[case("pve2/201")]
#[case("019aaf00-0000-7000-8000-0000000000c9")]
fn a_guest_is_found_by_number_place_and_id(#[case] name: &str) {
    let daemon = twins();
    let run = daemon.run(&format!("vm show {name} -o name"));
    assert_eq!((run.code, run.stdout.as_str()), (0, "201\n"), "{}", run.stderr);
}

#[test]
fn a_name_must_match_as_a_whole() {
    let daemon = twins();
    assert_eq!(daemon.run("vm show web-1-copy -o name").stdout, "301\n");
}

#[test]
fn a_name_of_several_guests_is_2_with_the_candidates_and_nothing_is_sent() {
    let daemon = twins();
    let run = daemon.run("vm start web-1");
    assert_eq!((run.code, run.stdout.as_str(), daemon.posts()), (2, "", 0));
    insta::assert_snapshot!(run.stderr, @"
    error: 'web-1' is the name of 2 guests:
      pve1/web-1  vmid 101  connection default  id 019aaf00-0000-7000-8000-000000000065
      pve2/web-1  vmid 201  connection office  id 019aaf00-0000-7000-8000-0000000000c9
    hint: give node/name or the id
    ");
}

#[test]
fn an_unknown_name_is_3_with_the_closest_names() {
    let run = twins().run("vm start wbe-1");
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    insta::assert_snapshot!(run.stderr, @"
    error: there is no guest named 'wbe-1'
    hint: did you mean web-1? `nexops vm list` shows all
    ");
}

#[test]
fn an_unknown_number_is_3_in_the_words_of_the_daemon() {
    let daemon = Daemon::start();
    let answer = refuses(nexops_core::error::ErrorCode::NotFound, "VM with id '999' not found");
    daemon.mount("GET", "/infrastructure/vms/999", answer);
    let run = daemon.run("vm show 999");
    assert_eq!(run.code, 3);
    insta::assert_snapshot!(run.stderr, @"
    error: cannot show guest 999: VM with id '999' not found
    hint: `nexops vm list` shows what there is
    ");
}

#[test]
fn a_name_is_sought_on_every_page() {
    let daemon = Daemon::start();
    let guest = vm(102, "web-2");
    daemon.mount_page("/infrastructure/vms", 1, list_with(&[vm(101, "web-21")], 2, None));
    daemon.mount_page("/infrastructure/vms", 2, list_with(std::slice::from_ref(&guest), 2, None));
    daemon.accepts(&guest, &task(PowerAction::Start, &guest));
    assert_eq!(daemon.run("vm start web-2").stdout, "vm 102 web-2: started (1.8 s)\n");
    assert!(daemon.queries()[0].contains("search=web-2"), "{:?}", daemon.queries());
}

#[test]
fn nodes_are_found_by_name_and_place_and_ambiguous_ones_listed() {
    let daemon = Daemon::start();
    let office = Node { connection: "office".to_owned(), connection_id: ConnectionId(id(9)), ..node(3, "pve") };
    daemon.mount("GET", "/infrastructure/nodes", list(&[node(2, "pve"), office]));
    assert_eq!(daemon.run("node show office/pve -o name").stdout, "pve\n");
    let run = daemon.run("node show pve");
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.stderr, @"
    error: 'pve' is the name of 2 nodes:
      default/pve  id 019aaf00-0000-7000-8000-000000000002
      office/pve  id 019aaf00-0000-7000-8000-000000000003
    hint: give connection/name or the id
    ");
    let run = daemon.run("node show pve1");
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("did you mean pve?"), "{}", run.stderr);
}
