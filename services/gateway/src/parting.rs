//! Taking leave: between the signal to stop and the end, a gateway answers on for a moment, is no longer ready, and asks whoever it answers
//! to come back on another connection.
//!
//! A server that closes a connection on which a request is just coming in leaves its client in doubt whether that was carried out. Whoever
//! is told by `Connection: close` closes the connection itself, between two requests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::edge::Edge;

/// Long enough for clients that ask all the time to have been answered once more, and for a balancer to have looked.
const LEAVE: Duration = Duration::from_secs(2);

/// Whether this gateway is about to end.
#[derive(Debug, Default)]
pub struct Parting(AtomicBool);

impl Parting {
    /// Asks everybody to go elsewhere, and returns when there was time for that.
    pub(crate) async fn take_leave(&self) {
        self.0.store(true, Ordering::Relaxed);
        tokio::time::sleep(LEAVE).await;
    }

    /// Whether it has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Has answers end their connections while the gateway takes leave. What was upgraded stays: sockets are told in their own way.
pub(crate) async fn send_elsewhere(
    edge: Data<Edge>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    if edge.parting.has_begun() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
