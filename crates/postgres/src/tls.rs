//! Opening one connection, with TLS where the URL asks for it.

use std::sync::{Arc, OnceLock};

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::spans::StatementSpans;

/// Opens a connection. `sslmode=disable` speaks plainly, `prefer` (the default) takes TLS where the server has it, `require`
/// insists on it; certificates are checked against the machine's authorities, or those named by `SSL_CERT_FILE`.
pub(crate) async fn establish(
    url: String,
    trace_statements: bool,
) -> ConnectionResult<AsyncPgConnection> {
    let config: tokio_postgres::Config = url.parse().map_err(refused)?;
    let mut connection = if config.get_ssl_mode() == SslMode::Disable {
        let (client, connection) = config
            .connect(tokio_postgres::NoTls)
            .await
            .map_err(refused)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await?
    } else {
        let tls = MakeRustlsConnect::new(client_config()?);
        let (client, connection) = config.connect(tls).await.map_err(refused)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await?
    };
    if trace_statements {
        connection.set_instrumentation(StatementSpans::default());
    }
    Ok(connection)
}

/// Reading the authorities takes milliseconds, so it is done once.
fn client_config() -> ConnectionResult<ClientConfig> {
    static CONFIG: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectionError::BadConnection(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(CONFIG.get_or_init(|| config).clone())
}

/// The error's text names hosts and causes, never the password.
fn refused(error: tokio_postgres::Error) -> ConnectionError {
    ConnectionError::BadConnection(error.to_string())
}
