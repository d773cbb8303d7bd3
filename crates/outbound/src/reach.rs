//! Which addresses may be connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// Everything of IPv4 that is no public unicast address (IANA, special-purpose registry).
const SPECIAL_V4: [(Ipv4Addr, u8); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];
/// All that is given out of IPv6 for the public.
const PUBLIC_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// What of it is something else: protocols such as Teredo, documentation, and 6to4, which wraps addresses of IPv4.
const SPECIAL_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];
/// Where pages are.
const PORTS: [u16; 2] = [80, 443];

/// Which addresses may be connected to: public ones, at the ports of pages.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    besides: Vec<SocketAddr>,
}

impl Reach {
    /// Public addresses only.
    #[must_use]
    pub fn public() -> Self {
        Self::default()
    }

    /// These too, although they are not public: for tests.
    #[must_use]
    pub fn public_and(besides: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self {
            besides: besides.into_iter().collect(),
        }
    }

    /// Whether a link may be followed, as far as that can be told without looking up its name.
    pub(crate) fn allows_url(&self, url: &Url) -> bool {
        let is_plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none();
        let Some(port) = url.port_or_known_default() else {
            return false;
        };
        let fits = match url.host() {
            Some(Host::Domain(name)) => {
                !name.is_empty()
                    && (PORTS.contains(&port) || self.besides.iter().any(|one| one.port() == port))
            }
            Some(Host::Ipv4(address)) => self.allows(IpAddr::V4(address), port),
            Some(Host::Ipv6(address)) => self.allows(IpAddr::V6(address), port),
            None => false,
        };
        is_plain && fits
    }

    fn allows(&self, address: IpAddr, port: u16) -> bool {
        (is_public(address) && PORTS.contains(&port))
            || self.besides.contains(&SocketAddr::new(address, port))
    }

    /// Whether what a name stands for may be connected to. The port was judged with the link.
    pub(crate) fn allows_address(&self, address: IpAddr) -> bool {
        is_public(address) || self.besides.iter().any(|one| one.ip() == address)
    }
}

/// Whether it is the address of one machine that everybody can reach.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|(network, bits)| {
            Ipv4Net::new(*network, *bits).is_ok_and(|network| network.contains(&address))
        }),
        IpAddr::V6(address) => {
            let within = |(network, bits): &(Ipv6Addr, u8)| {
                Ipv6Net::new(*network, *bits).is_ok_and(|network| network.contains(&address))
            };
            within(&PUBLIC_V6) && !SPECIAL_V6.iter().any(within)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_reached() {
        for public in [
            "1.1.1.1",
            "93.184.216.34",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "2a00::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for inner in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.170",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:1.1.1.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "5f00::1",
        ] {
            assert!(!is_public(inner.parse().unwrap()), "{inner}");
        }
    }

    #[test]
    fn links_are_judged_before_anything_is_asked() {
        let reach = Reach::public_and(["127.0.0.1:8123".parse().unwrap()]);
        let allows = |link: &str| Url::parse(link).is_ok_and(|url| reach.allows_url(&url));
        for right in [
            "http://example.org",
            "https://example.org:443/a?b#c",
            "http://1.1.1.1/",
            "http://127.0.0.1:8123/x",
            "https://[2606:4700::1111]/",
        ] {
            assert!(allows(right), "{right}");
        }
        for wrong in [
            "ftp://example.org",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "http://example.org:22",
            "https://example.org:8080",
            "http://user@example.org",
            "http://user:word@example.org",
            "http://127.0.0.1",
            "http://127.0.0.1:8124",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://017700000001/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "http://169.254.169.254/latest/meta-data",
            "http://0/",
        ] {
            assert!(!allows(wrong), "{wrong}");
        }
    }
}
