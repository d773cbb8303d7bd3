//! A client's connection: from the upgrade to the end.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, ORIGIN};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures::Stream;
use oruma_service_runtime::{Caller, Contract};

use super::commands;
use super::dialect::DialectId;
use super::frame::{self, Close};
use super::happening::Topic;
use super::hub::NotOpened;
use super::incoming::{Decode, Incoming};
use super::meters::METERS;
use super::outgoing::Outgoing;
use super::presence;
use super::socket::{Opening, Socket};
use super::tickets;
use crate::caller::{self, Admission};
use crate::config::Origins;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::middleware;
use crate::query::Query;

/// Texts that are read within [`ALLOWANCE_SPAN`]; what comes faster is dropped unread.
const ALLOWANCE: u32 = 50;
/// In milliseconds.
const ALLOWANCE_SPAN: i64 = 250;

/// Whether a page of this origin may open sockets. Programs that are no browsers name none.
fn check_origin(edge: &Edge, request: &HttpRequest) -> Result<(), Failure> {
    let Some(origin) = request.headers().get(ORIGIN) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let is_known = match &edge.config.origins {
        Origins::Any => true,
        Origins::Only(list) => {
            let own = edge.config.public_url.origin().ascii_serialization();
            own == origin
                || is_same_host(request, origin)
                || list.iter().any(|known| known == origin)
        }
    };
    if is_known {
        return Ok(());
    }
    Err(Failure::new(
        StatusCode::FORBIDDEN,
        "foreign_origin",
        "Pages of this origin may not open sockets",
    ))
}

/// Whether a page was loaded from the address that it calls now. Nothing is at stake where that is a name that somebody else made up for this
/// gateway: browsers send no credentials along, and such a page has none.
fn is_same_host(request: &HttpRequest, origin: &str) -> bool {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    origin
        .split_once("://")
        .is_some_and(|(_, authority)| host == Some(authority))
}

/// What a client has been told of, by `since`.
fn since(query: &Query) -> Result<Option<u64>, Failure> {
    let text = query.text("since")?;
    if text.is_empty() {
        return Ok(None);
    }
    let since = text.parse().ok().filter(|since| *since < 1 << 53);
    let since = since.ok_or_else(|| Failure::invalid("since", "must be a `seq` of a frame"))?;
    Ok(Some(since))
}

/// What a socket is opened for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Door {
    /// Whose credentials hold here.
    pub(crate) contract: Contract,
    /// Whose words are spoken.
    pub(crate) dialect: DialectId,
    /// Only this is carried; all where there is none.
    pub(crate) only: Option<Topic>,
}

/// Lets a client in that asks for a socket: its credentials, its page's origin, what it has been told of, and its limits, in this order.
///
/// # Errors
/// 401 without a sign-in that holds; 403 for a page of a foreign origin; 400 for a wrong `since` and what is no upgrade; 429 where there is no place
/// for another socket; 503 while the gateway stops.
pub(crate) async fn enter(
    edge: Arc<Edge>,
    request: &HttpRequest,
    payload: Payload,
    door: Door,
) -> Result<HttpResponse, Failure> {
    let query = Query::of(request);
    let admission = tickets::admit(&edge, door.contract, request, &query).await?;
    check_origin(&edge, request)?;
    let since = since(&query)?;
    let caller = Caller {
        signed_in: Some(admission.signed_in.clone()),
        ..caller::anybody(request)?
    };
    middleware::limit_caller(&edge, &caller).await?;
    open(&edge, request, payload, caller, admission, (door, since))
}

/// Answers an upgrade, and serves the socket from then on.
fn open(
    edge: &Arc<Edge>,
    request: &HttpRequest,
    payload: Payload,
    caller: Caller,
    admission: Admission,
    (door, since): (Door, Option<u64>),
) -> Result<HttpResponse, Failure> {
    let Door { dialect, only, .. } = door;
    let mut answer = actix_http::ws::handshake(request.head()).map_err(|_| no_upgrade())?;
    let Admission {
        signed_in,
        expires_at,
    } = admission;
    let opening = Opening {
        user: signed_in.user,
        session: signed_in.session,
        university: signed_in.university.clone(),
        dialect,
        only,
        has_conversations: edge.realtime.hub.has_conversations(dialect),
        expires_at: expires_at.timestamp_millis(),
        since,
    };
    if since.is_some() {
        METERS.replay();
    }
    let now = edge.clock.now().timestamp_millis();
    let hub = &edge.realtime.hub;
    let socket = hub.attach(opening, now).map_err(no_place)?;
    if edge.revocations.is_known_to_have_ended(signed_in.session) {
        // It ended while the socket was opened.
        hub.close_session(signed_in.session);
    }
    let body = Outgoing::new(Arc::clone(edge), Arc::clone(&socket));
    actix_web::rt::spawn(serve(Arc::clone(edge), socket, caller, payload));
    let answer = answer.message_body(body).map_err(|_| Failure::internal())?;
    Ok(HttpResponse::from(answer.map_into_boxed_body()))
}

fn no_upgrade() -> Failure {
    Failure::new(
        StatusCode::BAD_REQUEST,
        "websocket_expected",
        "This address answers WebSocket upgrades only",
    )
}

fn no_place(why: NotOpened) -> Failure {
    match why {
        NotOpened::Draining => Failure::unavailable("The server is about to stop"),
        NotOpened::TooMany => Failure::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_sockets",
            "This account has too many open sockets",
        ),
    }
}

/// The receiving half: reads until the client goes or the socket is closed.
async fn serve(edge: Arc<Edge>, socket: Arc<Socket>, caller: Caller, payload: Payload) {
    greet(&edge, &socket);
    let mut client = Client {
        payload,
        decode: Decode::new(edge.config.largest_frame),
        allowance: Allowance::default(),
    };
    let why = loop {
        let Some(bytes) = client.receive(&socket).await else {
            break Close::Asked;
        };
        client.decode.feed(bytes);
        match client.handle_all(&edge, &socket, &caller).await {
            Ok(()) => {}
            Err(why) => break why,
        }
    };
    socket.close(why);
    edge.realtime.hub.detach(&socket);
    edge.realtime.typing.left(socket.id);
}

/// Beside the connection, which is not to wait for it.
fn greet(edge: &Arc<Edge>, socket: &Arc<Socket>) {
    let (edge, socket) = (Arc::clone(edge), Arc::clone(socket));
    actix_web::rt::spawn(async move { presence::greet(&edge, &socket).await });
}

struct Client {
    payload: Payload,
    decode: Decode,
    allowance: Allowance,
}

impl Client {
    /// Waits for bytes; none once the client is gone or the socket closed.
    async fn receive(&mut self, socket: &Socket) -> Option<Bytes> {
        poll_fn(|context| {
            socket.input.register(context.waker());
            if socket.closing().is_some() {
                return Poll::Ready(None);
            }
            Pin::new(&mut self.payload).poll_next(context)
        })
        .await?
        .ok()
    }

    async fn handle_all(
        &mut self,
        edge: &Arc<Edge>,
        socket: &Arc<Socket>,
        caller: &Caller,
    ) -> Result<(), Close> {
        while let Some(incoming) = self.decode.next()? {
            if socket.closing().is_some() {
                break;
            }
            let now = edge.clock.now().timestamp_millis();
            socket.heard(now);
            METERS.frame("in");
            if !matches!(incoming, Incoming::Pong | Incoming::Close) && !self.allowance.take(now) {
                METERS.frame("dropped");
                continue;
            }
            match incoming {
                Incoming::Text(text) => {
                    // In a box, so that an idle socket does not hold the place for it.
                    Box::pin(commands::carry_out(edge, socket, caller, &text)).await;
                }
                Incoming::Binary => commands::refuse_binary(edge, socket),
                Incoming::Ping(payload) => socket.send(frame::pong(payload), now),
                Incoming::Pong => {}
                Incoming::Close => return Err(Close::Asked),
            }
        }
        Ok(())
    }
}

/// How much a client may say at once.
#[derive(Default)]
struct Allowance {
    span: i64,
    taken: u32,
}

impl Allowance {
    fn take(&mut self, now: i64) -> bool {
        let span = now / ALLOWANCE_SPAN;
        if span != self.span {
            *self = Self { span, taken: 0 };
        }
        self.taken = self.taken.saturating_add(1);
        self.taken <= ALLOWANCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_says_too_much_is_not_read() {
        let mut allowance = Allowance::default();
        let taken = (0..10_000).filter(|count| allowance.take(count / 10));
        assert_eq!(taken.count(), 200);
    }
}
