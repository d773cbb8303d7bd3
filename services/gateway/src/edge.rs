//! What every request can reach.

use std::net::IpAddr;

use ipnet::IpNet;
use oruma_ephemeral::SharedEphemeral;
use oruma_ids::CursorKey;
use oruma_service_runtime::Clock;

use crate::activity::Activity;
use crate::clients::Clients;
use crate::config::Config;
use crate::health::Health;
use crate::parting::Parting;
use crate::people::People;
use crate::realtime::Realtime;
use crate::revocations::Revocations;

/// The parts of the gateway that handlers and middleware share.
pub struct Edge {
    /// The settings.
    pub config: Config,
    /// The services behind it.
    pub clients: Clients,
    /// Which sign-ins have ended.
    pub revocations: Revocations,
    /// Everybody's cards.
    pub people: People,
    /// What seals the names of exports.
    pub exports: CursorKey,
    /// How all is.
    pub health: Health,
    /// Whether it is about to end.
    pub parting: Parting,
    /// Who was seen lately.
    pub activity: Activity,
    /// The sockets and what they are told.
    pub realtime: Realtime,
    /// What gateways share and may lose.
    pub ephemeral: SharedEphemeral,
    /// What stands in for it while it is away.
    pub fallback: SharedEphemeral,
    /// The time.
    pub clock: Clock,
}

impl Edge {
    /// The client's address: the nearest one that is no trusted proxy (`TRUSTED_PROXIES`).
    pub(crate) fn client_address(
        &self,
        peer: Option<IpAddr>,
        forwarded: &[&str],
    ) -> Option<IpAddr> {
        client_address(&self.config.trusted_proxies, peer?, forwarded).into()
    }
}

fn client_address(trusted: &[IpNet], peer: IpAddr, forwarded: &[&str]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut nearest = peer.to_canonical();
    let hops = forwarded.iter().rev().flat_map(|header| header.rsplit(','));
    for hop in hops {
        if !is_trusted(&nearest) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => nearest = address.to_canonical(),
            // Beyond nonsense nothing can be believed.
            Err(_) => break,
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        client_address(&trusted, peer.parse().unwrap(), forwarded).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(found("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(found("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            found("10.0.0.1", &["203.0.113.9, 198.51.100.7, 10.0.0.2"]),
            "198.51.100.7"
        );
        assert_eq!(
            found("10.0.0.1", &["203.0.113.9", "198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(found("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(found("::ffff:10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(found("10.0.0.1", &[]), "10.0.0.1");
    }
}
