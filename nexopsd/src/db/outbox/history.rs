//! What follows from what was said of an alert: who is told of its end, and what need not be said any more.

use nexops_core::id::{ChannelId, DeliveryId};
use nexops_core::notification::{DeliveryEvent, DeliveryState};

/// Why an announcement is not sent any more.
pub(super) const OVERTAKEN: &str = "the alert was over before this could be delivered";
/// Why an ending is not sent.
pub(super) const UNANNOUNCED: &str = "nobody was told that the alert fired, so nobody is told that it is over";

/// A channel that was spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recipient {
    pub channel_id: ChannelId,
    pub name: String,
    pub enabled: bool,
}

/// One event of an alert on one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub id: DeliveryId,
    pub to: Recipient,
    pub event: DeliveryEvent,
    pub state: DeliveryState,
    /// While pending: it is being sent, or a try ended without an answer, so that the receiver may have it.
    pub under_way: bool,
}

impl Said {
    fn may_be_known(&self) -> bool {
        match self.state {
            DeliveryState::Sent => true,
            DeliveryState::Pending => self.under_way,
            DeliveryState::Dead | DeliveryState::Cancelled => false,
        }
    }

    fn waits(&self) -> bool {
        self.state == DeliveryState::Pending && !self.under_way
    }
}

/// The channels on which something was announced that has not been ended there. The history is in order for each
/// channel, and channel by channel.
pub(super) fn audience(history: &[Said]) -> Vec<&Recipient> {
    let channels = history.chunk_by(|one, next| one.to.channel_id == next.to.channel_id);
    channels.filter_map(|said| said.last().filter(|last| !last.event.is_ending()).map(|last| &last.to)).collect()
}

/// What need not be said any more, and why: an announcement that still waits when its end does too, and the end of what
/// nobody was told of.
pub(super) fn overtaken(history: &[Said]) -> Vec<(DeliveryId, &'static str)> {
    let mut overtaken = Vec::new();
    for channel in history.chunk_by(|one, next| one.to.channel_id == next.to.channel_id) {
        let mut open: Vec<&Said> = Vec::new();
        for said in channel {
            if !said.event.is_ending() {
                open.push(said);
                continue;
            }
            if said.waits() {
                overtaken.extend(open.iter().filter(|open| open.waits()).map(|open| (open.id, OVERTAKEN)));
                if !open.iter().any(|open| open.may_be_known()) {
                    overtaken.push((said.id, UNANNOUNCED));
                }
            }
            open.clear();
        }
    }
    overtaken
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// A history of one channel in short: `f` firing, `!` severity raised, `m` reminder, `r` resolved; after it `s` sent,
    /// `w` waiting, `u` under way, `d` dead, `c` cancelled.
    fn history(short: &str, channel: u128) -> Vec<Said> {
        let one = |(index, word): (usize, &str)| {
            let mut letters = word.chars();
            let event = match letters.next().unwrap() {
                'f' => DeliveryEvent::Firing,
                '!' => DeliveryEvent::SeverityRaised,
                'm' => DeliveryEvent::Reminder,
                'r' => DeliveryEvent::Resolved,
                other => panic!("{other}"),
            };
            let (state, under_way) = match letters.next().unwrap() {
                's' => (DeliveryState::Sent, false),
                'w' => (DeliveryState::Pending, false),
                'u' => (DeliveryState::Pending, true),
                'd' => (DeliveryState::Dead, false),
                'c' => (DeliveryState::Cancelled, false),
                other => panic!("{other}"),
            };
            let to = Recipient {
                channel_id: uuid::Uuid::from_u128(channel).into(),
                name: channel.to_string(),
                enabled: true,
            };
            Said { id: uuid::Uuid::from_u128(channel * 100 + index as u128).into(), to, event, state, under_way }
        };
        short.split_whitespace().enumerate().map(one).collect()
    }

    #[rstest]
    #[case::never_tried("fw rw", &[0, 1])]
    #[case::delivered("fs rw", &[])]
    #[case::being_sent("fu rw", &[])]
    #[case::given_up("fd rw", &[1])]
    #[case::switched_off_meanwhile("fc rw", &[1])]
    #[case::what_came_after_the_delivered_one_waits("fs !w mw rw", &[1, 2])]
    #[case::only_the_later_word_got_through("fd !s rw", &[])]
    #[case::fired_again("fs rs fw rw", &[2, 3])]
    #[case::fired_again_before_the_end_was_sent("fs rw fw", &[])]
    #[case::fired_again_and_ended_before_the_end_was_sent("fs rw fw rw", &[2, 3])]
    #[case::still_firing("fw", &[])]
    #[case::settled_before("fc rc fw", &[])]
    #[case::the_end_is_being_sent("fs ru", &[])]
    fn what_the_end_overtakes_is_not_said(#[case] short: &str, #[case] expected: &[u128]) {
        let overtaken: Vec<u128> = overtaken(&history(short, 7)).iter().map(|(id, _)| id.0.as_u128() - 700).collect();
        assert_eq!(overtaken, expected);
    }

    #[test]
    fn every_channel_has_a_history_of_its_own() {
        let mut both = history("fs rw", 1);
        both.extend(history("fw rw", 2));
        let overtaken: Vec<u128> = overtaken(&both).iter().map(|(id, _)| id.0.as_u128()).collect();
        assert_eq!(overtaken, [200, 201]);
    }

    #[rstest]
    #[case("fs", true)]
    #[case("fw", true)]
    #[case("fd", true)]
    #[case("fs rs", false)]
    #[case("fs rc", false)]
    #[case("fs rs fw", true)]
    #[case("", false)]
    fn an_ending_goes_where_something_is_open(#[case] short: &str, #[case] told: bool) {
        assert_eq!(!audience(&history(short, 1)).is_empty(), told);
    }
}
