//! E-mail: one plain message to all recipients, over a way that is as safe as the channel says or not at all.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Letter};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, response::Response};
use nexops_core::notification::{FailureClass, MailSecurity};
use secrecy::ExposeSecret;

use super::words::{self, shortened};
use super::{Accepted, Event, Failure, Mail, Message, Reach};
use crate::outbound::Targets;
use crate::tls::{Rejected, causes};

/// How long one address of the server may take to answer the call.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// The longest subject; longer ones are cut by mail programs.
const SUBJECT: usize = 150;

/// Sends a message.
pub async fn send(targets: &Targets, mail: &Mail, message: &Message, now: DateTime<Utc>) -> Result<Accepted, Failure> {
    let letter = letter(mail, message, now)?;
    let mut connection = connect(targets, mail).await?;
    if let Some((user, password)) = &mail.login {
        let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
        let login = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
        login.map_err(|error| failure(&error, "logging in", Reach::Not))?;
    }
    hand_over(&mut connection, letter.envelope(), &letter.formatted()).await?;
    // The message is theirs by now; how they say goodbye changes nothing.
    let _goodbye = connection.quit().await;
    Ok(Accepted::default())
}

/// Connects to the first of the server's addresses that answers, and makes the way safe.
async fn connect(targets: &Targets, mail: &Mail) -> Result<AsyncSmtpConnection, Failure> {
    let tls = || {
        TlsParameters::new_rustls(mail.host.clone())
            .map_err(|error| Failure::before(FailureClass::Settings, format!("TLS cannot be used: {error}")))
    };
    let hello = ClientId::default();
    let mut last = None;
    for address in targets.resolve(&mail.host, mail.port).await? {
        let from_the_first_byte = match mail.security {
            MailSecurity::Tls => Some(tls()?),
            MailSecurity::Starttls | MailSecurity::None => None,
        };
        match dial(address, &hello, from_the_first_byte).await {
            Ok(mut connection) => {
                match mail.security {
                    MailSecurity::Tls | MailSecurity::None => {}
                    MailSecurity::Starttls if connection.can_starttls() => {
                        let upgrade = connection.starttls(tls()?, &hello).await;
                        upgrade.map_err(|error| failure(&error, "encrypting", Reach::Not))?;
                    }
                    MailSecurity::Starttls => {
                        let words =
                            "the mail server offers no STARTTLS; use security \"tls\" (port 465) if it has that";
                        return Err(Failure::before(FailureClass::Tls, words));
                    }
                }
                return Ok(connection);
            }
            Err(failure) => last = Some(failure),
        }
    }
    Err(last.unwrap_or_else(|| Failure::before(FailureClass::Unreachable, "the mail server has no address")))
}

async fn dial(
    address: SocketAddr,
    hello: &ClientId,
    tls: Option<TlsParameters>,
) -> Result<AsyncSmtpConnection, Failure> {
    let dialling = AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT_TIMEOUT), hello, tls, None);
    match tokio::time::timeout(CONNECT_TIMEOUT, dialling).await {
        Ok(connected) => connected.map_err(|error| failure(&error, "connecting", Reach::Not)),
        Err(_) => Err(Failure::before(
            FailureClass::Timeout,
            format!(
                "the mail server did not answer within {} s; is the port the one of this kind of security?",
                CONNECT_TIMEOUT.as_secs()
            ),
        )),
    }
}

/// Hands the letter over. One recipient whom the server does not take keeps nobody else from getting it.
async fn hand_over(connection: &mut AsyncSmtpConnection, envelope: &Envelope, letter: &[u8]) -> Result<(), Failure> {
    let sender = connection.command(MailFrom::new(envelope.from().cloned(), Vec::new())).await;
    sender.map_err(|error| failure(&error, "naming the sender", Reach::Not))?;
    let mut refused = Vec::new();
    for recipient in envelope.to() {
        if let Err(error) = connection.command(Rcpt::new(recipient.clone(), Vec::new())).await {
            let broken = error.status().is_none();
            refused.push(failure(&error, "naming a recipient", Reach::Not));
            if broken {
                break;
            }
        }
    }
    if let Some(last) = refused.pop() {
        if refused.len() + 1 >= envelope.to().len() || last.status.is_none() {
            return Err(last);
        }
        tracing::warn!(
            refused = refused.len() + 1,
            "a mail server takes not all of a channel's recipients: {}",
            last.message
        );
    }
    connection.command(Data).await.map_err(|error| failure(&error, "beginning the message", Reach::Not))?;
    let accepted: Result<Response, Error> = connection.message(letter).await;
    accepted.map(drop).map_err(|error| failure(&error, "sending the message", Reach::Perhaps))
}

/// What an error means. The server's own words are left out: they may repeat what it was told.
fn failure(error: &Error, doing: &str, reach: Reach) -> Failure {
    let status = error.status().and_then(|code| code.to_string().parse::<u16>().ok());
    if let Some(code) = status {
        let (class, words) = match code {
            530 | 534 | 535 | 538 => (FailureClass::Unauthorized, "the mail server refuses user or password"),
            400..=499 => (FailureClass::ServerError, "the mail server refuses for now"),
            _ if doing == "logging in" => (FailureClass::Unauthorized, "the mail server refuses user or password"),
            _ => (FailureClass::Rejected, "the mail server refuses"),
        };
        return Failure { status, ..Failure::before(class, format!("{words}, when {doing} (status {code})")) };
    }
    if let Some(Rejected { problem, .. }) = Rejected::among_causes(error) {
        return Failure::before(FailureClass::Tls, format!("the certificate is not accepted: {problem}"));
    }
    let tls = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>());
    if let Some(problem) = tls {
        let words = match problem {
            rustls::Error::InvalidMessage(_) => {
                "the mail server does not speak TLS on this port; perhaps security \"starttls\" is right".to_owned()
            }
            other => format!("no safe way to the mail server: {other}"),
        };
        return Failure::before(FailureClass::Tls, words);
    }
    if error.is_client() {
        let words = format!("the mail server lacks what is needed for {doing}: {error}");
        return Failure::before(FailureClass::Rejected, words);
    }
    let deepest = causes(error).last().map_or_else(|| error.to_string(), ToString::to_string);
    Failure {
        reach,
        ..Failure::before(FailureClass::Unreachable, format!("the mail server broke off when {doing}: {deepest}"))
    }
}

/// Reads an address, perhaps with a name before it.
pub fn mailbox(text: &str) -> Result<Mailbox, String> {
    let wrong = "write it as ann@example.net or Ann <ann@example.net>";
    if text.chars().any(char::is_control) {
        return Err(wrong.to_owned());
    }
    let mailbox: Mailbox = text.trim().parse().map_err(|error| format!("{error}; {wrong}"))?;
    if !mailbox.email.to_string().is_ascii() {
        return Err(format!("addresses outside ASCII are not supported; {wrong}"));
    }
    Ok(mailbox)
}

fn letter(mail: &Mail, message: &Message, now: DateTime<Utc>) -> Result<Letter, Failure> {
    let unusable = |what: &str, error: String| {
        Failure::before(FailureClass::Settings, format!("{what} of the channel cannot be used: {error}"))
    };
    let from = mailbox(&mail.from).map_err(|error| unusable("the sender", error))?;
    let domain = from.email.domain().to_owned();
    let mut letter = Letter::builder()
        .from(from)
        .date(SystemTime::from(now))
        .message_id(Some(format!("<{}@{domain}>", message.id)))
        .subject(shortened(&format!("[NexOps] {}", words::headline(message)), SUBJECT))
        .user_agent(concat!("nexops/", env!("CARGO_PKG_VERSION")).to_owned())
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("X-NexOps-Event-Id"), message.id.to_string()));
    // Mail programs show everything about one alert as one conversation.
    if let [Event { alert_id: Some(alert), .. }] = message.events.as_slice() {
        let thread = format!("<alert-{alert}@{domain}>");
        letter = letter.in_reply_to(thread.clone()).references(thread);
    }
    for recipient in &mail.to {
        letter = letter.to(mailbox(recipient).map_err(|error| unusable("a recipient", error))?);
    }
    let letter = letter.header(ContentType::TEXT_PLAIN).body(text(message));
    letter.map_err(|error| unusable("the sender or a recipient", error.to_string()))
}

/// The letter's text.
fn text(message: &Message) -> String {
    let mut paragraphs = Vec::new();
    if message.events.len() > 1 {
        paragraphs.push(words::headline(message));
    }
    for event in &message.events {
        let mut lines = vec![words::line(event)];
        lines.extend(Some(words::description(event)).filter(|text| !text.is_empty()));
        lines.extend(words::details(event).into_iter().map(|(name, text)| format!("  {name}: {text}")));
        paragraphs.push(lines.join("\r\n"));
    }
    paragraphs.push("-- \r\nSent by NexOps.".to_owned());
    paragraphs.join("\r\n\r\n") + "\r\n"
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::notify::words::tests::{event, message};

    fn mail() -> Mail {
        Mail {
            host: "mail.example.net".to_owned(),
            port: 587,
            security: MailSecurity::Starttls,
            login: None,
            from: "NexOps <nexops@example.net>".to_owned(),
            to: vec!["ann@example.net".to_owned(), "Bob <bob@example.net>".to_owned()],
        }
    }

    fn written(message: &Message) -> String {
        let letter = letter(&mail(), message, DateTime::from_timestamp(1_800_000_000, 0).unwrap()).unwrap();
        String::from_utf8(letter.formatted()).unwrap()
    }

    #[test]
    fn a_letter_says_what_happened_and_belongs_to_the_conversation_about_its_alert() {
        let letter = written(&message(vec![event()]));
        for line in [
            "From: NexOps <nexops@example.net>\r\n",
            "To: ann@example.net, Bob <bob@example.net>\r\n",
            "Subject: [NexOps] CRITICAL: CPU usage of postgres-main is high\r\n",
            "Message-ID: <00000000-0000-0000-0000-000000000009@example.net>\r\n",
            "References: <alert-00000000-0000-0000-0000-000000000002@example.net>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "X-NexOps-Event-Id: 00000000-0000-0000-0000-000000000009\r\n",
            "  Value: 97.2 %\r\n",
        ] {
            assert!(letter.contains(line), "{line:?} is not in {letter}");
        }
    }

    #[test]
    fn a_name_adds_no_header() {
        let mut one = event();
        one.facts.title = "x\r\nBcc: evil@example.net\r\n\r\nhello".to_owned();
        let letter = written(&message(vec![one]));
        let head = letter.split("\r\n\r\n").next().unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
        assert!(head.contains("Subject: [NexOps] CRITICAL: x Bcc: evil@example.net hello\r\n"), "{head}");
    }

    #[rstest]
    #[case("ann@example.net", true)]
    #[case(" Ann Smith <ann@example.net> ", true)]
    #[case("ann", false)]
    #[case("ann@", false)]
    #[case("", false)]
    #[case("ann@example.net\r\nBcc: evil@example.net", false)]
    #[case("ann@example.net, bob@example.net", false)]
    #[case("ann@exämple.net", false)]
    fn addresses_are_checked(#[case] text: &str, #[case] good: bool) {
        assert_eq!(mailbox(text).is_ok(), good);
    }
}
