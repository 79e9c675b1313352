//! UPIDs: the ids that Proxmox gives to its tasks.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::payload::is_node_name;

/// The id of a task, which names the node to ask for it, its kind and its start.
///
/// `UPID:{node}:{pid}:{pstart}:{starttime}:{type}:{id}:{user}:`, the numbers in hexadecimal, the last colon part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Upid {
    text: String,
    started_at: DateTime<Utc>,
}

/// A text that is no UPID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a UPID (UPID:node:pid:pstart:starttime:type:id:user:)")]
pub struct BadUpid(pub String);

impl Upid {
    /// The node on which the task runs, and which alone knows about it.
    #[must_use]
    pub fn node(&self) -> &str {
        self.field(1)
    }

    /// The kind of task, as in `qmstart`.
    #[must_use]
    pub fn task_type(&self) -> &str {
        self.field(5)
    }

    /// What the task is about: a guest's number for a power action; may be empty.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.field(6)
    }

    /// Who started it, with `!` and the token's name when it was a token.
    #[must_use]
    pub fn user(&self) -> &str {
        self.field(7)
    }

    /// When it began, by the node's clock, to the second.
    #[must_use]
    pub fn started_at(&self) -> DateTime<Utc> {
        self.started_at
    }

    /// The id as Proxmox writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn field(&self, index: usize) -> &str {
        self.text.split(':').nth(index).expect("a parsed UPID has nine fields")
    }
}

/// Far more than any of Proxmox's has, and as much as the database stores.
const LONGEST: usize = 255;

impl FromStr for Upid {
    type Err = BadUpid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| BadUpid(text.chars().take(200).collect()))
    }
}

fn parse(text: &str) -> Option<Upid> {
    if text.len() > LONGEST {
        return None;
    }
    let fields: Vec<&str> = text.split(':').collect();
    let ["UPID", node, pid, pstart, starttime, task_type, subject, user, ""] = fields[..] else { return None };
    let hexadecimal = |field: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&field.len()) && field.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    // What goes into a path unchanged: no blanks, no controls, nothing that would end the segment.
    let plain = |field: &str| {
        field.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'/' | b'?' | b'#' | b'%' | b'\\'))
    };
    let valid = is_node_name(node)
        && hexadecimal(pid, 8..=8)
        && hexadecimal(pstart, 8..=9)
        && hexadecimal(starttime, 8..=8)
        && !task_type.is_empty()
        && !user.is_empty()
        && [task_type, subject, user].into_iter().all(plain);
    let started_at = DateTime::from_timestamp(i64::from_str_radix(starttime, 16).ok()?, 0)?;
    valid.then(|| Upid { text: text.to_owned(), started_at })
}

impl fmt::Display for Upid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text)
    }
}

impl TryFrom<String> for Upid {
    type Error = BadUpid;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Upid> for String {
    fn from(upid: Upid) -> Self {
        upid.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_upid_tells_its_node_kind_subject_user_and_start() {
        let upid: Upid = "UPID:pve1:0000032F:0003C83E:6B03A6CA:qmstart:101:root@pam!full:".parse().unwrap();
        assert_eq!(
            (upid.node(), upid.task_type(), upid.subject(), upid.user()),
            ("pve1", "qmstart", "101", "root@pam!full")
        );
        assert_eq!(upid.started_at().to_rfc3339(), "2026-11-23T02:36:58+00:00");
    }

    #[test]
    fn a_upid_without_subject_and_one_with_a_long_start_are_both_valid() {
        assert_eq!("UPID:n:0000032F:10003C83E:6B03A6CA:startall::root@pam:".parse::<Upid>().unwrap().subject(), "");
    }

    #[test]
    fn what_is_no_upid_is_refused() {
        for bad in [
            "",
            "UPID:bogus",
            "UPID:pve1:0000032F:0003C83E:6B03A6CA:qmstart:101:root@pam",
            "UPID:pve1:32F:0003C83E:6B03A6CA:qmstart:101:root@pam:",
            "UPID:pve1:0000032G:0003C83E:6B03A6CA:qmstart:101:root@pam:",
            "UPID:../x:0000032F:0003C83E:6B03A6CA:qmstart:101:root@pam:",
            "UPID:pve1:0000032F:0003C83E:6B03A6CA:qm/start:101:root@pam:",
            "UPID:pve1:0000032F:0003C83E:6B03A6CA::101:root@pam:",
            "UPID:pve1:0000032F:0003C83E:6B03A6CA:qmstart:101:root@pam:\n",
        ] {
            assert!(bad.parse::<Upid>().is_err(), "{bad:?} was accepted");
        }
    }

    proptest! {
        #[test]
        fn a_upid_comes_back_as_it_was_written(
            node in "[a-zA-Z0-9][a-zA-Z0-9-]{0,20}", pid in "[0-9A-F]{8}", pstart in "[0-9A-F]{8,9}",
            start in "[0-9A-F]{8}", kind in "[a-z]{1,12}", subject in "[0-9]{0,9}", user in "[a-z]{1,8}@[a-z]{1,4}(![a-z]{1,8})?",
        ) {
            let text = format!("UPID:{node}:{pid}:{pstart}:{start}:{kind}:{subject}:{user}:");
            let upid: Upid = text.parse().unwrap();
            prop_assert_eq!(upid.to_string(), text);
            prop_assert_eq!(upid.node(), node);
            prop_assert_eq!(upid.started_at().timestamp(), i64::from_str_radix(&start, 16).unwrap());
        }

        #[test]
        fn no_text_is_a_surprise(text in ".{0,80}") {
            let _ = text.parse::<Upid>();
        }
    }
}
