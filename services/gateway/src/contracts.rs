//! The public contracts, one module each; none imports another.
//!
//! | contract | mount | credentials | error body | paging |
//! | --- | --- | --- | --- | --- |
//! | [`connectbest`] | `/connectbest`, or the host `CONNECTBEST_HOST` | `Authorization: Bearer`, 7 d, refreshed by POST; `X-API-Key` | `{error, message, details}` | `limit`, `offset` → `total`; `before`, `after` → `hasMore` |
//! | [`oruma`] | `/` | `Authorization: Bearer`, 24 h, refreshed by POST | `{error, message, details}` | `cursor`, `limit` → `hasMore`, `nextCursor` |
//!
//! A contract gives its complete route list as a function on [`ServiceConfig`]; the service mounts it.

pub mod connectbest;
pub mod oruma;

use actix_web::web::ServiceConfig;

use crate::config::Config;
use crate::realtime::dialect::Dialect;

/// How the contracts speak over sockets, in the order of their [`crate::realtime::dialect::DialectId`].
pub(crate) fn dialects(config: &Config) -> Vec<Box<dyn Dialect>> {
    vec![
        Box::new(oruma::Frames::new(config.public_url.clone())),
        Box::new(connectbest::Frames::new(config.public_url.clone())),
    ]
}

/// The hosts that contracts have to themselves, and where those contracts are mounted.
pub(crate) fn hosts(config: &Config) -> impl Iterator<Item = (&str, &'static str)> {
    let own = [(&config.connectbest_host, connectbest::MOUNT)];
    own.into_iter()
        .filter_map(|(host, mount)| Some((host.as_deref()?, mount)))
}

/// Mounts all contracts. The one at the root comes last, since its default answers for every address that is nobody else's.
pub(crate) fn mount(config: &mut ServiceConfig) {
    connectbest::mount(config);
    oruma::mount(config);
}
