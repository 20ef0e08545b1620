//! TLS to an issuer, whose certificate has to be one that this machine believes.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Opens TLS on a connection to this host.
pub(super) async fn open(stream: TcpStream, host: &str) -> Result<TlsStream<TcpStream>, String> {
    // Read each time: they change, and an administrator who adds one need not restart the server.
    let found = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.map(|found| found.certs).unwrap_or_default());
    if roots.is_empty() {
        return Err(
            "this machine has no certificates to believe: install ca-certificates, or set SSL_CERT_FILE".to_owned()
        );
    }
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be begun: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|_| "its name is none for a certificate".to_owned())?;
    let opened = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    opened.map_err(|error| format!("TLS with it fails: {error}"))
}
