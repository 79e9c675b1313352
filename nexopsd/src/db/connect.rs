//! Connecting: over TLS as the URL's `sslmode` wants it, with the limits that every statement of ours runs under.

use std::time::Duration;

use diesel::result::ConnectionError;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::tls::{Rejected, Tls, client_config};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long sent bytes may stay unacknowledged before the other side counts as gone.
const SILENCE: Duration = Duration::from_secs(15);
/// How long PostgreSQL works on one statement before it gives up.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a transaction may stand still: a daemon that hangs in the middle of one must not hold others up.
const STANDSTILL: Duration = Duration::from_secs(8);

/// Connects and sets the limits.
pub(super) async fn establish(url: String) -> Result<AsyncPgConnection, ConnectionError> {
    let (url, tls) = sslmode(&url);
    let mut config: tokio_postgres::Config =
        url.parse().map_err(|error: tokio_postgres::Error| ConnectionError::InvalidConnectionUrl(error.to_string()))?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    config.tcp_user_timeout(SILENCE).application_name("nexopsd");
    let failed = |error: tokio_postgres::Error| ConnectionError::BadConnection(in_full(&error));
    let mut connection = match config.get_ssl_mode() {
        SslMode::Disable => {
            let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await?
        }
        _ => {
            let tls = client_config(&tls).map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
            let (client, connection) = config.connect(MakeRustlsConnect::new(tls)).await.map_err(failed)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await?
        }
    };
    let limits = format!(
        "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}; SET TIME ZONE 'UTC'",
        STATEMENT_TIMEOUT.as_millis(),
        STANDSTILL.as_millis()
    );
    connection.batch_execute(&limits).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// Which certificates the URL's `sslmode` accepts, and the URL as the driver understands it.
///
/// As with every other PostgreSQL client, `prefer` (the default) and `require` encrypt without asking who is there, and
/// `verify-full` wants a certificate of a trusted authority for the host's name. The driver does not know `verify-full`
/// and `verify-ca`; the latter, which would accept any name, is taken for the stricter one.
fn sslmode(url: &str) -> (String, Tls) {
    for verifying in ["sslmode=verify-full", "sslmode=verify-ca"] {
        if url.contains(verifying) {
            return (url.replace(verifying, "sslmode=require"), Tls::Verified);
        }
    }
    (url.to_owned(), Tls::Unverified)
}

/// The driver says what it tried, and leaves the reason to its sources.
fn in_full(error: &tokio_postgres::Error) -> String {
    match (Rejected::among_causes(error), std::error::Error::source(error)) {
        (Some(rejected), _) => rejected.to_string(),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_verifying_modes_ask_who_is_there() {
        assert_eq!(sslmode("postgresql://db/x").1, Tls::Unverified);
        assert_eq!(sslmode("postgresql://db/x?sslmode=require").1, Tls::Unverified);
        let (url, tls) = sslmode("postgresql://db/x?sslmode=verify-full&connect_timeout=3");
        assert_eq!((url.as_str(), tls), ("postgresql://db/x?sslmode=require&connect_timeout=3", Tls::Verified));
    }
}
