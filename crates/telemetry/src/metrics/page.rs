//! A small HTTP server of `GET /metrics`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::encode;
use crate::error::TelemetryError;

const CONNECTIONS: usize = 16;
const CONNECTION_LIMIT: Duration = Duration::from_secs(10);
/// Pause after a failed accept, which mostly means that file descriptors ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Binds `address` and returns the address that was bound (the port where 0 was asked for) with a
/// future that serves `GET /metrics` there until `shutdown`; other paths answer 404.
///
/// At most 16 connections are served at a time, each for one request and 10 seconds.
///
/// # Errors
/// The address is taken or not one of this machine.
pub async fn serve(
    address: SocketAddr,
    shutdown: CancellationToken,
) -> Result<(SocketAddr, impl Future<Output = ()> + Send + 'static), TelemetryError> {
    let failed = |source| TelemetryError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let serving = async move {
        shutdown.run_until_cancelled(accept(listener)).await;
    };
    Ok((bound, serving))
}

async fn accept(listener: TcpListener) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    // the semaphore is never closed
    while let Ok(permit) = Arc::clone(&connections).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(async move {
                    answer(stream).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(error = %error, "metrics page cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn answer(stream: TcpStream) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service_fn(respond));
    // a scraper that goes away or dawdles is its own problem
    let _ = tokio::time::timeout(CONNECTION_LIMIT, connection).await;
}

async fn respond(request: Request<Incoming>) -> Result<Response<String>, Infallible> {
    Ok(match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => page(),
        _ => {
            let mut response = Response::new(String::new());
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    })
}

fn page() -> Response<String> {
    let mut response = Response::new(encode());
    let text = header::HeaderValue::from_static(prometheus::TEXT_FORMAT);
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}
