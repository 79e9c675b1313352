//! Which waiting deliveries go into one message.

use uuid::Uuid;

/// The most events in one message.
const MOST: usize = 50;

/// A delivery that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting<'a> {
    /// The alert; `None` for a test.
    pub alert_id: Option<Uuid>,
    /// What may go into one message with it.
    pub group: Option<&'a str>,
    /// The message that it is a part of since its first try.
    pub message_id: Option<Uuid>,
    pub is_test: bool,
}

/// The places in the queue of those that make up the next message. A message that was tried before is the same again;
/// a new one takes in what belongs to its first event, and never a later word on an alert before an earlier one.
pub(super) fn together(queue: &[Waiting<'_>]) -> Vec<usize> {
    let Some(head) = queue.first() else { return Vec::new() };
    if head.is_test {
        return vec![0];
    }
    if head.message_id.is_some() {
        return (0..queue.len()).filter(|&index| queue[index].message_id == head.message_id).collect();
    }
    let mut chosen = Vec::new();
    let mut passed_over = Vec::new();
    for (index, waiting) in queue.iter().enumerate() {
        let belongs = index == 0 || head.group.is_some() && waiting.group == head.group;
        let is_free = waiting.message_id.is_none() && !waiting.is_test && !passed_over.contains(&waiting.alert_id);
        if belongs && is_free && chosen.len() < MOST {
            chosen.push(index);
        } else {
            passed_over.push(waiting.alert_id);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// A queue in short: the alert's digit, then the group's letter (`-` for none), then perhaps the digit of the message
    /// that it is a part of. `t` is a test.
    fn queue(short: &str) -> Vec<Waiting<'static>> {
        let one = |word: &str| -> Waiting<'static> {
            if word == "t" {
                return Waiting { alert_id: None, group: None, message_id: None, is_test: true };
            }
            let mut letters = word.chars();
            let number = |letter: char| Uuid::from_u128(u128::from(letter.to_digit(10).unwrap()));
            let alert_id = letters.next().map(number);
            let group = match letters.next().unwrap() {
                '-' => None,
                'a' => Some("a"),
                'b' => Some("b"),
                other => panic!("{other}"),
            };
            Waiting { alert_id, group, message_id: letters.next().map(number), is_test: false }
        };
        short.split_whitespace().map(one).collect()
    }

    #[rstest]
    #[case::nothing("", &[])]
    #[case::alone("1-", &[0])]
    #[case::without_a_group_nothing_belongs_together("1- 2-", &[0])]
    #[case::the_guests_of_a_node("1a 2a 3b 4a", &[0, 1, 3])]
    #[case::a_message_is_the_same_again("1a7 2a 3a7", &[0, 2])]
    #[case::what_was_tried_stays_apart("1a 2a7 3a", &[0, 2])]
    #[case::several_words_on_one_alert("1a 1a", &[0, 1])]
    #[case::a_later_word_waits_for_an_earlier_one("1a 2b 2a 3a", &[0, 3])]
    #[case::a_later_word_waits_for_one_that_was_tried("1a 2a7 2a", &[0])]
    #[case::a_test_goes_alone("t 1a", &[0])]
    fn what_belongs_together_goes_together(#[case] short: &str, #[case] expected: &[usize]) {
        assert_eq!(together(&queue(short)), expected);
    }

    #[test]
    fn a_message_does_not_grow_without_end() {
        assert_eq!(together(&queue(&"1a ".repeat(80))).len(), MOST);
    }
}
