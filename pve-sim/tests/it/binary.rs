//! The program `pve-sim`.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pve-sim");

#[test]
fn it_says_where_it_is_and_stops_when_asked() {
    let mut child = Command::new(PROGRAM)
        .args(["--listen", "127.0.0.1:0", "--token", "me@pve!mine=s=cret"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    assert!(line().starts_with("pve-sim listens on https://127.0.0.1:"));
    assert_eq!(line().len(), "fingerprint ".len() + 95);
    assert_eq!(line(), "token       me@pve!mine=s=cret");
    assert_eq!(line(), "");
    assert_eq!(line(), "PROXMOX_HOST=127.0.0.1");
    assert!(line().starts_with("PROXMOX_PORT="));
    assert_eq!(line(), "PROXMOX_USER=me@pve");
    assert_eq!(line(), "PROXMOX_TOKEN_NAME=mine");
    assert_eq!(line(), "PROXMOX_TOKEN_VALUE=s=cret");
    assert!(line().starts_with("PROXMOX_FINGERPRINT="));
    let killed = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_taken_port_is_one_clear_line_and_exit_code_one() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut child = Command::new(PROGRAM).args(["--listen", &address]).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(errors.starts_with(&format!("error: listen on {address}: Address already in use")), "{errors}");
    assert_eq!(errors.lines().count(), 1);
}
