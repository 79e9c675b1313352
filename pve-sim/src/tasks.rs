//! Tasks and their UPIDs: what was started, by whom, and how it ended.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::clock::Moment;
use crate::node::Node;
use crate::power::Job;

/// Ended tasks beyond this number are forgotten, oldest first.
const KEPT: usize = 2_000;

/// Who starts a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Actor {
    pub(crate) user: String,
    /// The name of the token, without the user.
    pub(crate) token: Option<String>,
}

impl Actor {
    /// The server itself.
    pub(crate) fn root() -> Self {
        Self { user: "root@pam".to_owned(), token: None }
    }

    /// `user@realm` or `user@realm!token`.
    pub(crate) fn id(&self) -> String {
        match &self.token {
            Some(token) => format!("{}!{token}", self.user),
            None => self.user.clone(),
        }
    }
}

/// A worker process of a node.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) upid: String,
    pub(crate) node: String,
    pid: u64,
    pstart: u64,
    pub(crate) started: Moment,
    pub(crate) kind: &'static str,
    /// The number of the guest as text; empty for tasks of the node.
    pub(crate) id: String,
    pub(crate) actor: Actor,
    pub(crate) lines: Vec<String>,
    pub(crate) ended: Option<Ended>,
    /// What it does to a guest; `None` for tasks of the past.
    pub(crate) job: Option<Job>,
}

/// When and how a task ended: `OK` or the error text.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    at: Moment,
    pub(crate) status: String,
}

/// All tasks of the cluster by serial number.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    by_serial: BTreeMap<u64, Task>,
    last_serial: u64,
    /// How far the clocks of the nodes are ahead of the true time.
    pub(crate) skew_seconds: f64,
}

impl Tasks {
    /// Starts a task and returns its serial number.
    pub(crate) fn start(&mut self, node: &Node, kind: &'static str, id: String, actor: Actor, now: Moment) -> u64 {
        self.last_serial += 1;
        let serial = self.last_serial;
        // Process ids advance by more than one: a worker has children.
        let pid = 0x3E8 + serial * 3;
        let pstart = (now.since(node.started).max(0.0) * 100.0) as u64;
        let (name, owner, start) = (&node.name, actor.id(), now.plus(self.skew_seconds).epoch());
        let task = Task {
            upid: format!("UPID:{name}:{pid:08X}:{pstart:08X}:{start:08X}:{kind}:{id}:{owner}:"),
            node: name.clone(),
            pid,
            pstart,
            started: now.plus(self.skew_seconds),
            kind,
            id,
            actor,
            lines: Vec::new(),
            ended: None,
            job: None,
        };
        self.by_serial.insert(serial, task);
        self.forget_old();
        serial
    }

    pub(crate) fn get(&self, serial: u64) -> Option<&Task> {
        self.by_serial.get(&serial)
    }

    pub(crate) fn get_mut(&mut self, serial: u64) -> Option<&mut Task> {
        self.by_serial.get_mut(&serial)
    }

    pub(crate) fn find(&self, upid: &str) -> Option<(u64, &Task)> {
        self.newest_first().find(|(_, task)| task.upid == upid)
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = (u64, &Task)> {
        self.by_serial.iter().rev().map(|(serial, task)| (*serial, task))
    }

    /// What happened before the simulator was started, so that lists are not empty.
    pub(crate) fn add_history(&mut self, nodes: &[Node]) {
        for node in nodes {
            let start = node.started.plus(40.0);
            let serial = self.start(node, "startall", String::new(), Actor::root(), start);
            if let Some(task) = self.get_mut(serial) {
                task.end("OK", start.plus(95.0));
            }
        }
    }

    fn forget_old(&mut self) {
        while self.by_serial.len() > KEPT {
            let oldest = self.by_serial.iter().find(|(_, task)| task.ended.is_some());
            let Some(serial) = oldest.map(|(serial, _)| *serial) else {
                return;
            };
            self.by_serial.remove(&serial);
        }
    }
}

impl Task {
    pub(crate) fn end(&mut self, status: &str, now: Moment) {
        self.ended = Some(Ended { at: now, status: status.to_owned() });
    }

    /// The answer of `tasks/{upid}/status`.
    pub(crate) fn status(&self) -> Value {
        let mut row = self.identity();
        row["pid"] = json!(self.pid);
        row["pstart"] = json!(self.pstart);
        match &self.ended {
            None => row["status"] = json!("running"),
            Some(ended) => {
                row["status"] = json!("stopped");
                row["exitstatus"] = json!(ended.status);
            }
        }
        row
    }

    /// A row of `/nodes/{node}/tasks`.
    pub(crate) fn row(&self) -> Value {
        let mut row = self.list_row();
        row["pid"] = json!(self.pid);
        row["pstart"] = json!(self.pstart);
        row
    }

    /// A row of `/cluster/tasks`: no process id, and `saved` is sometimes a number.
    pub(crate) fn cluster_row(&self, first: bool) -> Value {
        let mut row = self.list_row();
        row["saved"] = match &self.ended {
            None => json!("0"),
            Some(_) if first => json!(1),
            Some(_) => json!("1"),
        };
        row
    }

    fn list_row(&self) -> Value {
        let mut row = self.identity();
        match &self.ended {
            // The list of active tasks has not split user and token yet.
            None => {
                row["status"] = json!("RUNNING");
                row["user"] = json!(self.actor.id());
                if let Some(fields) = row.as_object_mut() {
                    fields.remove("tokenid");
                }
            }
            Some(ended) => {
                row["status"] = json!(ended.status);
                row["endtime"] = json!(ended.at.epoch());
            }
        }
        row
    }

    fn identity(&self) -> Value {
        let mut row = json!({
            "upid": self.upid,
            "node": self.node,
            "starttime": self.started.epoch(),
            "type": self.kind,
            "id": self.id,
            "user": self.actor.user,
        });
        if let Some(token) = &self.actor.token {
            row["tokenid"] = json!(token);
        }
        row
    }

    /// The lines of the log as they stand now.
    pub(crate) fn log(&self) -> Vec<String> {
        let mut lines = self.lines.clone();
        match &self.ended {
            None if lines.is_empty() => lines.push("no content".to_owned()),
            None => {}
            Some(ended) if ended.status == "OK" => lines.push("TASK OK".to_owned()),
            Some(ended) => lines.push(format!("TASK ERROR: {}", ended.status)),
        }
        lines
    }
}

/// The node a UPID names; `None` when it is not the text of a UPID.
pub(crate) fn node_of_upid(upid: &str) -> Option<&str> {
    let parts: Vec<&str> = upid.split(':').collect();
    let hex = |text: &str| text.len() >= 8 && text.chars().all(|digit| digit.is_ascii_hexdigit());
    match parts.as_slice() {
        ["UPID", node, pid, pstart, start, kind, _id, user, ""]
            if hex(pid) && hex(pstart) && hex(start) && !kind.is_empty() && !user.is_empty() =>
        {
            Some(node)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upids_are_recognised_by_their_eight_fields() {
        let good = "UPID:pve1:00000374:0003D46B:6B03A6E9:qmstart:101:root@pam!full:";
        assert_eq!(node_of_upid(good), Some("pve1"));
        assert_eq!(node_of_upid("UPID:pve1:000000BA:0002FD58:6B03A4C3:startall::root@pam:"), Some("pve1"));
        assert_eq!(node_of_upid("UPID:bogus"), None);
        assert_eq!(node_of_upid(good.trim_end_matches(':')), None);
    }
}
