use nexops_core::alert::AlertSource;
use nexops_core::id::DeliveryId;
use rstest::rstest;
use uuid::Uuid;

use super::*;

/// An alert that begins to fire on a guest of pve1.
pub fn event() -> Event {
    let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    Event {
        id: DeliveryId(Uuid::from_u128(1)),
        alert_id: Some(Uuid::from_u128(2).into()),
        kind: DeliveryEvent::Firing,
        facts: AlertFacts {
            title: "CPU usage of postgres-main is high".to_owned(),
            description: "It has been above 90 % for 5 min.".to_owned(),
            severity: Severity::Critical,
            source_type: AlertSource::Vm,
            source_id: Uuid::from_u128(3),
            source_name: "101 postgres-main".to_owned(),
            node: Some("pve1".to_owned()),
            connection: Some("home".to_owned()),
            rule: Some("CPU".to_owned()),
            metric_name: Some(Metric::CpuUsage),
            value: Some(97.25),
            condition: Some("> 90 %".to_owned()),
            fired_at: at,
            ended_at: None,
            resolution: None,
            affected_guests: None,
        },
        at,
    }
}

/// A message of these events.
pub fn message(events: Vec<Event>) -> Message {
    Message { id: Uuid::from_u128(9), events }
}

fn told(kind: DeliveryEvent, severity: Severity) -> Event {
    let mut told = event();
    told.kind = kind;
    told.facts.severity = severity;
    told
}

#[rstest]
#[case(DeliveryEvent::Firing, Severity::Critical, "CRITICAL", Mood::Critical)]
#[case(DeliveryEvent::Firing, Severity::Warning, "WARNING", Mood::Warning)]
#[case(DeliveryEvent::SeverityRaised, Severity::Critical, "NOW CRITICAL", Mood::Critical)]
#[case(DeliveryEvent::Reminder, Severity::Info, "STILL SO", Mood::Info)]
#[case(DeliveryEvent::Resolved, Severity::Critical, "RESOLVED", Mood::Good)]
#[case(DeliveryEvent::Closed, Severity::Critical, "CLOSED", Mood::Over)]
#[case(DeliveryEvent::Flapping, Severity::Warning, "FLAPPING", Mood::Warning)]
#[case(DeliveryEvent::NoData, Severity::Warning, "NO DATA", Mood::Warning)]
#[case(DeliveryEvent::Test, Severity::Critical, "TEST", Mood::Info)]
fn the_first_word_says_what_happened(
    #[case] kind: DeliveryEvent,
    #[case] severity: Severity,
    #[case] expected: &str,
    #[case] looks: Mood,
) {
    let event = told(kind, severity);
    assert_eq!((label(&event), mood(&event)), (expected, looks));
}

#[test]
fn several_events_are_counted_and_placed() {
    let guest = event();
    let (mut over, mut elsewhere) = (told(DeliveryEvent::Resolved, Severity::Info), event());
    let headline_of = |events: Vec<Event>| headline(&message(events));
    assert_eq!(headline_of(vec![guest.clone()]), "CRITICAL: CPU usage of postgres-main is high");
    assert_eq!(headline_of(vec![guest.clone(); 12]), "12 alerts on pve1");
    assert_eq!(headline_of(vec![guest.clone(), over.clone()]), "1 alert and 1 over on pve1");
    assert_eq!(headline_of(vec![over.clone(), over.clone()]), "2 alerts over on pve1");
    elsewhere.facts.node = Some("pve2".to_owned());
    assert_eq!(headline_of(vec![guest.clone(), elsewhere]), "2 alerts in home");
    over.facts.node = None;
    over.facts.connection = None;
    assert_eq!(headline_of(vec![guest, over]), "1 alert and 1 over");
}

#[test]
fn details_say_where_what_and_since_when() {
    let mut ended = event();
    ended.facts.ended_at = Some(ended.facts.fired_at + TimeDelta::minutes(72));
    ended.facts.resolution = Some(Resolution::RuleDeleted);
    ended.facts.affected_guests = Some(12);
    let expected = [
        ("Source", "vm 101 postgres-main"),
        ("Node", "pve1"),
        ("Cluster", "home"),
        ("Value", "97.2 %"),
        ("Rule", "CPU (> 90 %)"),
        ("Guests affected", "12"),
        ("Since", "2027-01-15 08:00:00 UTC"),
        ("Ended", "2027-01-15 09:12:00 UTC, after 1 h 12 min"),
        ("Because", "its rule was deleted; it is not known to be well"),
    ];
    assert_eq!(details(&ended), expected.map(|(name, text)| (name, text.to_owned())));
}

#[rstest]
#[case(Some(Metric::CpuUsage), 100.0, "100 %")]
#[case(Some(Metric::NetworkIn), 1_572_864.0, "1.5 MiB/s")]
#[case(Some(Metric::NetworkOut), 12.0, "12 B/s")]
#[case(None, 0.35, "0.3")]
fn values_have_their_unit(#[case] metric: Option<Metric>, #[case] value: f64, #[case] expected: &str) {
    assert_eq!(value_in_words(metric, value), expected);
}

#[rstest]
#[case(7, "7 s")]
#[case(-5, "0 s")]
#[case(119, "1 min")]
#[case(3660, "1 h 1 min")]
#[case(100_000, "1 d 3 h")]
fn spans_are_short(#[case] seconds: i64, #[case] expected: &str) {
    assert_eq!(span(TimeDelta::seconds(seconds)), expected);
}

#[test]
fn names_cannot_break_lines_or_turn_text_around() {
    assert_eq!(plain("a\r\nBcc: evil@x\u{0}\u{202e}b\u{200b}  c\t"), "a Bcc: evil@x b c");
}

#[rstest]
#[case("short", 5, "short")]
#[case("longer", 5, "long…")]
#[case("🔴🔴🔴", 5, "🔴🔴…")]
#[case("🔴🔴🔴", 6, "🔴🔴🔴")]
fn text_is_cut_as_the_services_count(#[case] text: &str, #[case] most: usize, #[case] expected: &str) {
    assert_eq!(shortened(text, most), expected);
}

#[test]
fn a_long_list_says_how_many_it_leaves_out() {
    let text = list(&message(vec![event(); 50]), 200, |_| "a line of thirty characters...".to_owned());
    assert!(text.encode_utf16().count() <= 200, "{}", text.len());
    assert!(text.ends_with("\n… and 45 more"), "{text}");
    assert_eq!(list(&message(vec![event(); 2]), 200, |_| "x".to_owned()), "x\nx");
}
