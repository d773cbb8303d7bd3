//! Contracts that have a host of their own: what is asked for there is served as if it were asked for below the contract's mount, so that a front end
//! has an origin of its own.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::header::HOST;
use actix_web::http::uri::PathAndQuery;
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::config::Config;
use crate::contracts;
use crate::edge::Edge;

/// Puts the mount of the host's contract before the path. A path that has it already stays.
pub(crate) async fn mount_hosts(
    edge: Data<Edge>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mount = host_of(&request).and_then(|host| mount_of(&edge.config, host));
    if let Some(uri) = mount.and_then(|mount| below(mount, request.uri())) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    next.call(request).await
}

fn host_of(request: &ServiceRequest) -> Option<&str> {
    match request.headers().get(HOST) {
        Some(host) => host.to_str().ok(),
        None => request
            .uri()
            .authority()
            .map(|authority| authority.as_str()),
    }
}

fn mount_of(config: &Config, host: &str) -> Option<&'static str> {
    let mut hosts = contracts::hosts(config);
    let found = hosts.find(|(own, _)| is_host(own, host));
    found.map(|(_, mount)| mount)
}

/// Whether that is the host that was asked; its port counts only where it is named.
fn is_host(own: &str, asked: &str) -> bool {
    let without_port = asked
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(asked, |(name, _)| name);
    asked.eq_ignore_ascii_case(own) || without_port.eq_ignore_ascii_case(own)
}

fn below(mount: &str, uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let is_below = path
        .strip_prefix(mount)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_below || !path.starts_with('/') {
        return None;
    }
    let query = uri.query().map(|query| format!("?{query}"));
    let whole = format!("{mount}{path}{}", query.unwrap_or_default());
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(whole).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_below_the_mount_once() {
        let of =
            |path: &str| below("/connectbest", &path.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(of("/api/x?a=1"), Some("/connectbest/api/x?a=1".to_owned()));
        assert_eq!(of("/"), Some("/connectbest/".to_owned()));
        assert_eq!(of("/connectbest/api/x"), None);
        assert_eq!(
            of("/connectbests"),
            Some("/connectbest/connectbests".to_owned())
        );
        assert_eq!(of("*"), None);
    }

    #[test]
    fn a_host_is_known_with_and_without_its_port() {
        assert!(is_host("chat.example", "Chat.Example"));
        assert!(is_host("chat.example", "chat.example:8443"));
        assert!(is_host("chat.example:8443", "chat.example:8443"));
        assert!(!is_host("chat.example:8443", "chat.example"));
        assert!(!is_host("chat.example", "chat.example.evil"));
    }
}
