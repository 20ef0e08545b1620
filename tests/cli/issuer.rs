//! An issuer as an operator names it: what is refused at the start, whom its subjects are, and how it is reached.

use super::{SERVE, create_practice};
use crate::program::Place;

#[test]
fn an_operator_links_a_member_to_an_issuers_subject_and_takes_the_link_away() {
    let place = Place::new();
    create_practice(&place);
    let about = |act: &'static str| ["member", act, "avery@practice.test"];
    let named = ["--issuer", "https://id.test", "--subject", "auth0|avery"];
    let link = place.ok(&[&about("link")[..], &named].concat());
    assert!(link.starts_with("link_"), "{link}");
    assert!(place.fails(&[&about("link")[..], &named].concat()).contains("names a member already"));
    assert_eq!(place.ok(&about("links")), format!("{link}  https://id.test  auth0|avery"));
    assert_eq!(place.ok(&[&about("unlink")[..], &named].concat()), link);
    assert_eq!(place.ok(&about("links")), "");
    assert!(place.fails(&[&about("unlink")[..], &named].concat()).contains("no such link"));
}

#[test]
fn an_issuer_is_named_as_a_whole_and_with_keys_that_can_be_read() {
    let place = Place::new();
    create_practice(&place);
    let named = ["--token-issuer", "https://id.test", "--token-audience", "desk"];
    let serve = |more: &[&str]| place.fails(&[&SERVE[..], more].concat());
    assert!(serve(&["--jwks", "keys.json"]).contains("--token-issuer"));
    assert!(serve(&named).contains("--jwks"));
    let with = |keys: &str| serve(&[&named[..], &["--jwks", keys]].concat());
    assert!(with("keys.json").contains("keys.json"), "there is no such file");
    std::fs::write(place.path().join("keys.json"), "{\"keys\":[]}").expect("written");
    assert!(with("keys.json").contains("none of its 0 keys"));
    assert!(with("http://id.test/keys").contains("https://"), "they can be exchanged on their way");
    if cfg!(not(feature = "tls")) {
        assert!(with("https://id.test/keys").contains("--features tls"));
    }
    let leeway = ["--token-leeway", "6m"];
    assert!(serve(&[&named[..], &["--jwks", "keys.json"], &leeway].concat()).contains("5 minutes"));
}

/// What needs TLS.
#[cfg(feature = "tls")]
mod with_tls {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    use std::sync::Arc;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

    use super::*;

    const KEYS: &str = include_str!("../../fuzz/fuzz_targets/keys.json");

    #[test]
    fn an_issuer_is_believed_by_the_machines_certificates_and_under_its_own_name() {
        let place = Place::new();
        create_practice(&place);
        make_certificates(&place);
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let port = runtime.block_on(serve_keys(&place));
        let told =
            |host: &str, trusted: &str| first_word_of_keys(&place, &format!("https://{host}:{port}/keys"), trusted);
        assert!(told("127.0.0.1", "ca.crt").contains("keys are known"));
        for (host, trusted) in [("127.0.0.1", "stranger.crt"), ("localhost", "ca.crt")] {
            let told = told(host, trusted);
            assert!(told.contains("TLS with it fails"), "{host} by {trusted}: {told}");
        }
        assert!(told("127.0.0.1", "nothing.crt").contains("no certificates to believe"));
    }

    /// Two authorities, and a server's certificate by the first of them.
    fn make_certificates(place: &Place) {
        let script = "set -e; key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
            for name in ca stranger; do
                openssl req -x509 $key -keyout $name.key -out $name.crt -subj /CN=$name -days 2
            done
            openssl req $key -keyout server.key -out server.csr -subj /CN=127.0.0.1
            echo subjectAltName=IP:127.0.0.1 >server.ext
            openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile server.ext";
        let made = Command::new("sh").args(["-c", script]).current_dir(place.path()).output().expect("a shell");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// Serves the keys to whoever asks, as long as the runtime is there; answers the port.
    async fn serve_keys(place: &Place) -> u16 {
        let certificate = CertificateDer::from_pem_file(place.path().join("server.crt")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(place.path().join("server.key")).expect("a key");
        let config = ServerConfig::builder_with_provider(ring::default_provider().into());
        let config = config.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
        let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![certificate], key).expect("a pair")));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A peer that does not trust us hangs up.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n")
                    && stream.read_buf(&mut request).await.is_ok_and(|count| count > 0)
                {}
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{KEYS}", KEYS.len());
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        port
    }

    /// What a server says first of its issuer's keys.
    fn first_word_of_keys(place: &Place, keys: &str, trusted: &str) -> String {
        let named = ["--token-issuer", "https://id.test", "--token-audience", "desk", "--jwks", keys];
        let mut command = place.command(&[&SERVE[..], &named].concat());
        command.env("SSL_CERT_FILE", place.path().join(trusted)).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        let mut lines = BufReader::new(process.stderr.take().expect("piped")).lines().map_while(Result::ok);
        let told = lines.find(|line| line.contains("issuer's keys"));
        process.kill().expect("it runs");
        process.wait().expect("it ends");
        told.expect("it says something of them")
    }
}
