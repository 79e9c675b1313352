//! The form of a connection to Proxmox. Its secret goes to the daemon and never comes back.

use nexops_core::error::FieldError;
use nexops_core::secret::WriteOnly;
use nexops_core::settings::{PROXMOX_PORT, ProxmoxConnection, ProxmoxConnectionDraft};

use super::reader::Reader;
use super::{Field, Form, Purpose};

/// The field that pins certificates.
pub const FINGERPRINT: &str = "fingerprint";

/// A form for a new connection, or for one that there is.
#[must_use]
pub fn open(connection: Option<&ProxmoxConnection>) -> Form {
    let draft = connection.cloned().map(ProxmoxConnectionDraft::from).unwrap_or_else(blank);
    let secret = if connection.is_some_and(|connection| connection.has_token) {
        "one is stored; empty keeps it"
    } else {
        "the token's secret, as Proxmox showed it once"
    };
    let fields = vec![
        Field::text("name", "Name", &draft.name, "letters, digits, '.', '-' and '_'"),
        Field::text("hosts", "Hosts", &draft.hosts.join(", "), "names or addresses of one cluster, with commas"),
        Field::text("port", "Port", &draft.port.to_string(), "of hosts that name none"),
        Field::text("user", "User", &draft.user, "with realm, as nexops@pve"),
        Field::text("token_name", "Token", &draft.token_name, "its name, without the user"),
        Field::secret("token_value", "Secret", secret),
        Field::toggle("verify_tls", "Trust only known", draft.verify_tls, "whether certificates must be trusted here"),
        Field::text(
            FINGERPRINT,
            "Fingerprint",
            draft.fingerprint.as_deref().unwrap_or_default(),
            "pins the certificate; a trial shows it",
        ),
        Field::toggle("enabled", "Watched", draft.enabled, "whether the cluster is watched"),
    ];
    let title = connection.map_or_else(|| "New connection".to_owned(), |known| format!("Change {}", known.name));
    let verb = if connection.is_some() { "Save" } else { "Make" };
    Form::new(title, verb, Purpose::Connection(connection.cloned().map(Box::new)), fields)
}

fn blank() -> ProxmoxConnectionDraft {
    ProxmoxConnectionDraft {
        name: String::new(),
        hosts: Vec::new(),
        port: PROXMOX_PORT,
        user: "nexops@pve".to_owned(),
        token_name: "nexops".to_owned(),
        token_value: None,
        verify_tls: true,
        fingerprint: None,
        enabled: true,
    }
}

/// What the form says.
///
/// # Errors
/// What is wrong, field by field.
pub fn read(form: &Form) -> Result<ProxmoxConnectionDraft, Vec<FieldError>> {
    let mut reader = Reader::new(form);
    for (key, reason) in [("name", "a name is wanted"), ("hosts", "at least one host is wanted")] {
        if reader.text(key).is_empty() {
            reader.complain(key, reason);
        }
    }
    let draft = ProxmoxConnectionDraft {
        name: reader.text("name"),
        hosts: reader.list("hosts"),
        port: reader.number("port"),
        user: reader.text("user"),
        token_name: reader.text("token_name"),
        token_value: reader.filled("token_value").map(WriteOnly::from),
        verify_tls: reader.is_on("verify_tls"),
        fingerprint: reader.filled(FINGERPRINT),
        enabled: reader.is_on("enabled"),
    };
    reader.finish(draft, |_| Vec::new())
}
