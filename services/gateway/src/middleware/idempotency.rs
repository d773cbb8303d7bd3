//! `Idempotency-Key`: a POST that a client repeats is carried out once, and answered as it was the first time.
//!
//! A key belongs to its person, contract and address, and is kept for 24 hours where gateways share what they may lose. Where that can't be asked, a
//! request with a key is refused rather than perhaps done twice. The services are told the key, in the form of a UUID, and keep it with what they
//! make: so nothing is made twice either where the answer was lost between them and here, or this was.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::LazyLock;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{self, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use oruma_ephemeral::EphemeralError;
use oruma_service_runtime::Contract;
use oruma_telemetry::metrics::{Counter, KeyValue, meter};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use uuid::Uuid;

use crate::caller;
use crate::edge::Edge;
use crate::failure::Failure;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Characters of a key at the most.
const LONGEST_KEY: usize = 255;
/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 3_600);
/// How long a request is taken to be under way of which nothing more is heard: a gateway may have ended.
const UNDER_WAY: Duration = Duration::from_secs(15);
/// How often it is heard of.
const HEARD_OF: Duration = Duration::from_secs(5);
/// Bytes of an answer that is kept.
const LARGEST_ANSWER: usize = 256 * 1024;
/// How long the rest of a repeated body may take.
const SLOWEST_BODY: Duration = Duration::from_secs(60);

static REPEATED: LazyLock<Counter<u64>> = LazyLock::new(|| {
    meter("oruma.gateway")
        .u64_counter("oruma.idempotency.repeated")
        .with_description(
            "Requests whose key was known, by outcome: replayed, under_way, other_request",
        )
        .build()
});

/// What became of a request.
pub(crate) enum Once<B> {
    /// It was carried out now.
    Answered(ServiceResponse<B>),
    /// It was carried out before, and this was the answer.
    Repeated(ServiceResponse<BoxBody>),
    /// Its key forbids it.
    Refused(HttpRequest, Failure),
}

/// What is kept under a key. Without an answer the first request is under way.
#[derive(Default, Serialize, Deserialize)]
struct Record {
    answer: Option<Answer>,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    body_digest: String,
    status: u16,
    content_type: String,
    body: String,
}

/// Carries a request out, unless it has a key under which that was done before.
pub(crate) async fn once(
    edge: &Edge,
    contract: Contract,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<Once<BoxBody>, Error> {
    let (slot, name) = match slot_of(contract, &request) {
        Ok(Some(named)) => named,
        Ok(None) => {
            return Ok(Once::Answered(
                next.call(request).await?.map_into_boxed_body(),
            ));
        }
        Err(failure) => return Ok(refused(request, failure)),
    };
    let body = Rc::new(RefCell::new(Body::new(request.take_payload())));
    match take(edge, &slot).await {
        Err(failure) => return Ok(refused(request, failure)),
        Ok(Some(record)) => return Ok(repeat(request, record, &body).await),
        Ok(None) => {}
    }
    request.set_payload(Payload::Stream {
        payload: Box::pin(Watched(Rc::clone(&body))),
    });
    caller::name_request(request.request(), name);
    let carried_out = while_holding(edge, &slot, next.call(request)).await;
    let response = carried_out.inspect_err(|_| {
        tracing::debug!("a request with an idempotency key was not answered");
    })?;
    let response = keep(edge, &slot, response.map_into_boxed_body(), &body).await?;
    Ok(Once::Answered(response))
}

/// Lets it be known, as long as it takes, that a request is under way.
async fn while_holding<T>(edge: &Edge, slot: &str, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    loop {
        if let Ok(done) = timeout(HEARD_OF, &mut work).await {
            return done;
        }
        let under_way = written(&Record::default());
        if let Err(error) = edge.ephemeral.put(slot, under_way, UNDER_WAY).await {
            tracing::debug!(error = %error, "idempotency key not held");
        }
    }
}

/// Where a request is kept, and the name that services know it by; `None` for one that asks for nothing of the kind. Nobody in particular has
/// no keys: an answer could reach somebody else.
fn slot_of(
    contract: Contract,
    request: &ServiceRequest,
) -> Result<Option<(String, Uuid)>, Failure> {
    let Some(key) = request.headers().get(KEY) else {
        return Ok(None);
    };
    let user = caller::anybody(request.request())?.user();
    let Some(user) = user.filter(|_| request.method() == Method::POST) else {
        return Ok(None);
    };
    let sound = key
        .to_str()
        .is_ok_and(|key| (1..=LONGEST_KEY).contains(&key.len()));
    if !sound {
        let problem = "must have 1 to 255 visible characters";
        return Err(Failure::invalid("Idempotency-Key", problem));
    }
    let mut digest = Sha256::new();
    for part in [
        user.as_uuid().as_bytes().as_slice(),
        contract.name().as_bytes(),
        request.path().as_bytes(),
        key.as_bytes(),
    ] {
        digest.update(part);
        digest.update(b"\n");
    }
    let digest = digest.finalize();
    let (name, _) = digest.split_at(size_of::<Uuid>());
    let name = Uuid::from_slice(name).map_err(|_| Failure::internal())?;
    let slot = format!("idempotency:{user}:{}", hex::encode(digest));
    Ok(Some((slot, name)))
}

/// Takes a key for a request that comes first; otherwise gives what is kept under it.
async fn take(edge: &Edge, slot: &str) -> Result<Option<Record>, Failure> {
    let under_way = written(&Record::default());
    if edge
        .ephemeral
        .put_if_absent(slot, under_way, UNDER_WAY)
        .await
        .map_err(away)?
    {
        return Ok(None);
    }
    let known = edge.ephemeral.get(slot).await.map_err(away)?;
    let record = known.and_then(|known| serde_json::from_slice(&known).ok());
    // One that ended in between was refused, and the client may try again.
    Ok(Some(record.unwrap_or_default()))
}

fn written(record: &Record) -> Bytes {
    // Texts and numbers can always be written.
    serde_json::to_vec(record).unwrap_or_default().into()
}

async fn repeat(
    request: ServiceRequest,
    record: Record,
    body: &Rc<RefCell<Body>>,
) -> Once<BoxBody> {
    let count = |outcome| REPEATED.add(1, &[KeyValue::new("outcome", outcome)]);
    let Some(answer) = record.answer else {
        count("under_way");
        let failure = Failure {
            retry_after: Some(Duration::from_secs(1)),
            ..Failure::new(
                StatusCode::CONFLICT,
                "idempotency_key_in_use",
                "The first request with this key is still under way",
            )
        };
        return refused(request, failure);
    };
    if digest_of_all(body).await.as_deref() != Some(answer.body_digest.as_str()) {
        count("other_request");
        let failure = Failure::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "This key stood for another request",
        );
        return refused(request, failure);
    }
    count("replayed");
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let response = HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, answer.content_type))
        .insert_header((REPLAYED, "true"))
        .body(answer.body);
    Once::Repeated(request.into_response(response))
}

/// Keeps the answer. One that says nothing of the request itself, such as of overload, is not kept, and the key is free again.
async fn keep(
    edge: &Edge,
    slot: &str,
    response: ServiceResponse<BoxBody>,
    body: &Rc<RefCell<Body>>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let status = response.status();
    let (request, response) = response.into_parts();
    let (head, answer) = response.into_parts();
    let answer = body::to_bytes_limited(answer, LARGEST_ANSWER).await;
    let Ok(Ok(bytes)) = answer else {
        free(edge, slot).await;
        return Err(actix_web::error::ErrorInternalServerError("no answer"));
    };
    // What a handler lets nobody keep, since it holds credentials, is not kept here either.
    let is_secret = head.headers().contains_key(CACHE_CONTROL);
    let content_type = head
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value: &HeaderValue| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let text = String::from_utf8(bytes.to_vec()).ok();
    match (text, digest_of_all(body).await) {
        (Some(text), Some(body_digest)) if says_something(status) && !is_secret => {
            let answer = Answer {
                body_digest,
                status: status.as_u16(),
                content_type,
                body: text,
            };
            let record = Record {
                answer: Some(answer),
            };
            if let Err(error) = edge.ephemeral.put(slot, written(&record), KEPT).await {
                tracing::warn!(error = %error, "answer not kept for its idempotency key");
            }
        }
        _ => free(edge, slot).await,
    }
    let response = head.set_body(BoxBody::new(bytes));
    Ok(ServiceResponse::new(request, response))
}

fn says_something(status: StatusCode) -> bool {
    let of_the_moment = [
        StatusCode::UNAUTHORIZED,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    !status.is_server_error() && !of_the_moment.contains(&status)
}

async fn free(edge: &Edge, slot: &str) {
    if let Err(error) = edge.ephemeral.remove(slot).await {
        tracing::debug!(error = %error, "idempotency key not freed");
    }
}

fn refused(request: ServiceRequest, failure: Failure) -> Once<BoxBody> {
    Once::Refused(request.into_parts().0, failure)
}

fn away(error: EphemeralError) -> Failure {
    tracing::warn!(error = %error, "idempotency keys can't be looked up");
    Failure {
        retry_after: Some(Duration::from_secs(1)),
        ..Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Idempotency keys can't be looked up right now",
        )
    }
}

/// A body that is digested while it is read.
struct Body {
    payload: Payload,
    digest: Sha256,
    whole: bool,
}

impl Body {
    fn new(payload: Payload) -> Self {
        Self {
            payload,
            digest: Sha256::new(),
            whole: false,
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        let polled = self.payload.poll_next_unpin(context);
        match &polled {
            Poll::Ready(None) => self.whole = true,
            Poll::Ready(Some(Ok(bytes))) => self.digest.update(bytes),
            _ => {}
        }
        polled
    }
}

/// What a handler reads.
struct Watched(Rc<RefCell<Body>>);

impl Stream for Watched {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.borrow_mut().poll(context)
    }
}

/// The digest of a whole body, reading what nobody has read yet; `None` for one that breaks off.
async fn digest_of_all(body: &Rc<RefCell<Body>>) -> Option<String> {
    let mut rest = Watched(Rc::clone(body));
    let reading = async {
        while !body.borrow().whole {
            if let Some(Err(_)) = rest.next().await {
                return;
            }
        }
    };
    timeout(SLOWEST_BODY, reading).await.ok()?;
    let body = body.borrow();
    body.whole
        .then(|| hex::encode(body.digest.clone().finalize()))
}
