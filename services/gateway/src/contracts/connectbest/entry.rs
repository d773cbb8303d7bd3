//! The way into this contract.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError};
use oruma_service_runtime::Contract;

use super::MOUNT;
use super::error::ApiError;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::middleware::LimitClass;
use crate::middleware::entry::{self, Entry};

const ENTRY: Entry = Entry {
    contract: Contract::Connectbest,
    api_keys: true, // C-190
    class_of,
    refuse,
};

/// Lets a request in.
pub(super) async fn enter(
    edge: Data<Edge>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    entry::enter(&ENTRY, &edge, request, next).await
}

fn refuse(failure: Failure) -> HttpResponse {
    ApiError::from(failure).error_response()
}

/// C-178…C-181, by the route.
fn class_of(request: &ServiceRequest) -> LimitClass {
    let route = request.match_pattern().unwrap_or_default();
    let route = route.strip_prefix(MOUNT).unwrap_or(&route);
    class_of_route(request.method().as_str(), route)
}

fn class_of_route(method: &str, route: &str) -> LimitClass {
    match (method, route) {
        // Whoever opens a socket is counted once it is known who that is.
        (_, "/ws" | "/ws/call" | "/ws/typing" | "/ws/presence" | "/ws/messages") => {
            LimitClass::Free
        }
        (_, "/ws/notifications" | "/api/health") => LimitClass::Free,
        (_, route) if route.starts_with("/files/") => LimitClass::Free,
        ("POST", "/api/auth/login" | "/api/auth/callback/google") => LimitClass::Login,
        ("POST", "/api/users/avatar" | "/api/upload" | "/api/clips" | "/api/voice-messages") => {
            LimitClass::Upload
        }
        ("POST", "/api/chat/channels/{channelId}/messages/send" | "/api/scheduled-messages") => {
            LimitClass::Message
        }
        _ => LimitClass::Request,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-178…C-181.
    #[test]
    fn routes_count_as_what_they_do() {
        let of = class_of_route;
        assert_eq!(of("POST", "/api/auth/login"), LimitClass::Login);
        assert_eq!(of("POST", "/api/upload"), LimitClass::Upload);
        let send = "/api/chat/channels/{channelId}/messages/send";
        assert_eq!(of("POST", send), LimitClass::Message);
        assert_eq!(of("GET", "/files/{id}/{name}"), LimitClass::Free);
        assert_eq!(of("GET", "/api/auth/me"), LimitClass::Request);
        assert_eq!(of("GET", ""), LimitClass::Request);
    }
}
