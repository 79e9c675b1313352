//! The form of a notification channel. Its secret goes to the daemon and never comes back.

use nexops_core::error::FieldError;
use nexops_core::notification::{Channel, ChannelDraft, ChannelKind, ChannelSettings, MailSecurity};
use nexops_core::secret::WriteOnly;

use super::reader::Reader;
use super::{Field, Form, Purpose};

const BY_ADDRESS: &[&str] = &["discord", "slack"];
const BY_MAIL: &[&str] = &["email"];
const BY_REQUEST: &[&str] = &["webhook"];

/// What is known of a mail channel before it is changed.
#[derive(Default)]
struct Mail {
    host: String,
    port: String,
    security: MailSecurity,
    username: String,
    from: String,
    to: String,
}

/// A form for a new channel, or for one that there is.
#[must_use]
pub fn open(channel: Option<&Channel>) -> Form {
    let mut mail = Mail::default();
    let mut address = "";
    match channel.map(|channel| &channel.settings) {
        Some(ChannelSettings::Email { host, port, security, username, password: _, from, to }) => {
            mail = Mail {
                host: host.clone(),
                port: port.map(|port| port.to_string()).unwrap_or_default(),
                security: *security,
                username: username.clone().unwrap_or_default(),
                from: from.clone(),
                to: to.join(", "),
            };
        }
        Some(ChannelSettings::Webhook { url, secret: _ }) => address = url,
        Some(ChannelSettings::Discord { .. } | ChannelSettings::Slack { .. }) | None => {}
    }
    let kind = channel.map_or(ChannelKind::Discord, |channel| channel.settings.kind());
    let stored = channel.is_some_and(|channel| channel.has_secret);
    let secret = |help: &'static str| if stored { "one is stored; empty keeps it" } else { help };
    let securities = MailSecurity::ALL.iter().map(|security| security.as_str());
    let fields = vec![
        Field::text("name", "Name", channel.map_or("", |channel| &channel.name), "by which rules know it"),
        Field::choice(
            "kind",
            "Kind",
            ChannelKind::ALL.iter().map(|kind| kind.as_str()),
            kind.as_str(),
            "what carries it",
        ),
        Field::secret("webhook_url", "Webhook address", secret("as Discord or Slack shows it"))
            .only("kind", BY_ADDRESS),
        Field::text("host", "Mail server", &mail.host, "its name or address").only("kind", BY_MAIL),
        Field::text("port", "Port", &mail.port, "empty for the usual one").only("kind", BY_MAIL),
        Field::choice("security", "Encryption", securities, mail.security.as_str(), "of the way to it")
            .only("kind", BY_MAIL),
        Field::text("username", "User", &mail.username, "empty for no login").only("kind", BY_MAIL),
        Field::secret("password", "Password", secret("of that user")).only("kind", BY_MAIL),
        Field::text("from", "From", &mail.from, "an address, or Name <address>").only("kind", BY_MAIL),
        Field::text("to", "To", &mail.to, "addresses, separated by commas").only("kind", BY_MAIL),
        Field::text("url", "Address", address, "where the requests go").only("kind", BY_REQUEST),
        Field::secret("secret", "Signing secret", secret("16 characters at least")).only("kind", BY_REQUEST),
        Field::toggle("enabled", "In use", channel.is_none_or(|channel| channel.enabled), "whether anything is sent"),
    ];
    let title = channel.map_or_else(|| "New channel".to_owned(), |channel| format!("Change {}", channel.name));
    let verb = if channel.is_some() { "Save" } else { "Make" };
    Form::new(title, verb, Purpose::Channel(channel.cloned().map(Box::new)), fields)
}

/// What the form says.
///
/// # Errors
/// What is wrong, field by field.
pub fn read(form: &Form) -> Result<ChannelDraft, Vec<FieldError>> {
    let mut reader = Reader::new(form);
    let settings = match reader.chosen("kind").unwrap_or(ChannelKind::Discord) {
        ChannelKind::Discord => ChannelSettings::Discord { webhook_url: secret(&reader, "webhook_url") },
        ChannelKind::Slack => ChannelSettings::Slack { webhook_url: secret(&reader, "webhook_url") },
        ChannelKind::Email => ChannelSettings::Email {
            host: reader.text("host"),
            port: reader.number_or_none("port"),
            security: reader.chosen("security").unwrap_or_default(),
            username: reader.filled("username"),
            password: secret(&reader, "password"),
            from: reader.text("from"),
            to: reader.list("to"),
        },
        ChannelKind::Webhook => ChannelSettings::Webhook { url: reader.text("url"), secret: secret(&reader, "secret") },
    };
    let draft = ChannelDraft { name: reader.filled("name"), settings, enabled: reader.is_on("enabled") };
    reader.finish(draft, |_| Vec::new())
}

fn secret(reader: &Reader<'_>, key: &str) -> Option<WriteOnly> {
    reader.filled(key).map(WriteOnly::from)
}
