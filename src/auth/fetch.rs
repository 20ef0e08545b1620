//! Asks an address for an issuer's keys: one GET, bounded in time and bytes, that follows no redirect and
//! keeps no connection.

use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The longest answer, in bytes. Ten keys have about 10 KB, with their certificates 30.
pub(super) const ANSWER_MAX_BYTES: usize = 128 * 1024;

/// The longest head of an answer, in bytes.
const HEAD_MAX_BYTES: usize = 32 * 1024;

/// Where keys are told: `https://…`, or `http://…` on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    uri: Uri,
    host: String,
    port: u16,
    is_https: bool,
}

impl Address {
    /// Reads an address that this build can ask.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "Write https://HOST/PATH, http://127.0.0.1:PORT/PATH, or the path of a file.".to_owned();
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().filter(|all| !all.as_str().contains('@')).ok_or_else(wrong)?;
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let port = authority.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        if is_https && !cfg!(feature = "tls") {
            return Err(
                "This build of frontdesk has no TLS, which https:// needs. Build it with: cargo build --release \
                        --features tls. Or give the keys as a file."
                    .to_owned(),
            );
        }
        if !is_https && !is_this_machine(&host) {
            return Err(
                "Keys that come over http:// can be exchanged on their way. Write https://, or give the keys as a \
                        file; http:// is for 127.0.0.1, [::1] and localhost alone."
                    .to_owned(),
            );
        }
        Ok(Self { host, port, is_https, uri })
    }

    /// Asks, and answers what came within `patience`, or why nothing did.
    pub(super) async fn ask(&self, patience: Duration) -> Result<Vec<u8>, String> {
        let late = || format!("it did not answer within {} ms", patience.as_millis());
        tokio::time::timeout(patience, self.get()).await.map_err(|_| late())?
    }

    async fn get(&self) -> Result<Vec<u8>, String> {
        let stream = self.connect().await?;
        if self.is_https {
            #[cfg(feature = "tls")]
            return self.exchange(super::tls::open(stream, &self.host).await?).await;
        }
        self.exchange(stream).await
    }

    async fn connect(&self) -> Result<TcpStream, String> {
        let unreachable = |error| format!("it cannot be reached: {error}");
        let found = tokio::net::lookup_host((&*self.host, self.port)).await.map_err(unreachable)?;
        // A name is what the machine makes of it.
        let found: Vec<_> = found.filter(|address| self.is_https || address.ip().is_loopback()).collect();
        TcpStream::connect(&*found).await.map_err(unreachable)
    }

    async fn exchange<S>(&self, stream: S) -> Result<Vec<u8>, String>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let broken = |error: hyper::Error| format!("it does not speak HTTP: {error}");
        let mut builder = http1::Builder::new();
        builder.max_buf_size(HEAD_MAX_BYTES);
        let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // Ends with this function.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::get(path)
            .header(header::HOST, self.uri.authority().map_or("", |authority| authority.as_str()))
            .header(header::ACCEPT, "application/jwk-set+json, application/json")
            .header(header::USER_AGENT, concat!("frontdesk/", env!("CARGO_PKG_VERSION")))
            .body(Empty::<Bytes>::new())
            .map_err(|error| format!("it cannot be asked: {error}"))?;
        let answer = sender.send_request(request).await.map_err(broken)?;
        match answer.status() {
            StatusCode::OK => read(answer).await,
            status if status.is_redirection() => {
                Err(format!("it answered {status}, and redirects are not followed: name the place itself"))
            }
            status => Err(format!("it answered {status}")),
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without what may follow a question mark.
        write!(out, "{}://{}:{}{}", if self.is_https { "https" } else { "http" }, self.host, self.port, self.uri.path())
    }
}

async fn read(mut answer: Response<Incoming>) -> Result<Vec<u8>, String> {
    let mut read = Vec::new();
    while let Some(frame) = answer.frame().await {
        let frame = frame.map_err(|error| format!("its answer broke off: {error}"))?;
        let Ok(data) = frame.into_data() else { continue };
        if read.len() + data.len() > ANSWER_MAX_BYTES {
            return Err(format!("its answer is longer than {ANSWER_MAX_BYTES} bytes"));
        }
        read.extend_from_slice(&data);
    }
    Ok(read)
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for right in ["http://127.0.0.1:9/keys", "http://[::1]:9/keys?a=b", "http://localhost/keys"] {
            assert!(Address::parse(right).is_ok(), "{right}");
        }
        for wrong in [
            "http://id.example.org/keys",
            "http://10.0.0.1/keys",
            "http://127.0.0.1@id.example.org/",
            "http://127.0.0.1.example.org/",
        ] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn https_needs_the_feature_that_has_it_and_says_so() {
        let read = Address::parse("https://id.example.org/keys");
        match cfg!(feature = "tls") {
            true => assert_eq!(read.expect("an address").to_string(), "https://id.example.org:443/keys"),
            false => assert!(read.is_err_and(|told| told.contains("--features tls"))),
        }
    }
}
