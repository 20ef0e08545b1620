//! Where a request comes from: the peer's address, or what a trusted proxy says of it.

use std::net::IpAddr;

use axum::http::{Extensions, HeaderMap, HeaderName};

use super::Server;
use super::listen::Peer;
use super::rates::TooOften;
use crate::config::Network;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

impl Server {
    /// Lets in one request from wherever it comes.
    pub(super) fn admit(&self, extensions: &Extensions, headers: &HeaderMap) -> Result<(), TooOften> {
        self.caller(extensions, headers).map_or(Ok(()), |caller| self.rates.take_address(caller))
    }

    /// Where a request comes from; none where its connection does not say.
    pub(super) fn caller(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
        let Peer(peer) = extensions.get()?;
        Some(caller(*peer, headers, &self.trusted_proxies))
    }
}

/// Who is counted as one: who has an address of IPv6 has the 2^64 that begin alike.
pub(super) fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The caller's address. Each proxy adds the address that it was called from at the end of `X-Forwarded-For`; what stands
/// before the last that no trusted proxy wrote is whatever the caller liked to say.
fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let values = headers.get_all(X_FORWARDED_FOR).into_iter().filter_map(|value| value.to_str().ok());
    let told: Vec<_> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut caller = peer;
    for address in told.iter().rev() {
        match address.parse() {
            Ok(address) if is_trusted(caller) => caller = address,
            _ => break,
        }
    }
    caller
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_what_trusted_proxies_say_is_believed() {
        let trusted = ["10.0.0.0/8", "::1"].map(|text| Network::parse(text).expect("a network"));
        for (peer, forwarded, expected) in [
            ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
            ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.1, 203.0.113.9, 10.1.1.1", "203.0.113.9"),
            ("10.0.0.1", "unknown, 10.1.1.1", "10.1.1.1"),
            ("::1", "2001:db8::7", "2001:db8::7"),
            ("10.0.0.1", "", "10.0.0.1"),
        ] {
            let headers =
                HeaderMap::from_iter([(X_FORWARDED_FOR, HeaderValue::from_str(forwarded).expect("a header"))]);
            let [peer, expected] = [peer, expected].map(|text| text.parse().expect("an address"));
            assert_eq!(caller(peer, &headers, &trusted), expected, "{peer} {forwarded}");
        }
    }
}
