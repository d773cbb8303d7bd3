//! Events as AMQP messages.

use chrono::{DateTime, SecondsFormat, Utc};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};

use super::topology::{DEAD, EVENTS};
use crate::consumer::Death;
use crate::{Event, EventError};

const CONTENT_TYPE: &str = "application/cloudevents+json";
const PERSISTENT: u8 = 2;
/// Why a dead letter died.
pub(super) const REASON: &str = "x-oruma-reason";
/// After how many attempts it died.
pub(super) const ATTEMPTS: &str = "x-oruma-attempts";
/// The longest reason that is sent along: all headers must fit one frame.
const MAX_REASON_BYTES: usize = 2000;

/// A message, and where it goes.
pub(super) struct Message {
    pub(super) exchange: &'static str,
    pub(super) routing_key: String,
    pub(super) properties: BasicProperties,
    pub(super) body: Vec<u8>,
}

impl Message {
    /// An event, for whoever wants it.
    pub(super) fn event(event: &Event) -> Result<Self, EventError> {
        Ok(Self {
            exchange: EVENTS,
            routing_key: event.kind.clone(),
            body: event.to_json()?.into_bytes(),
            properties: BasicProperties::default()
                .with_content_type(CONTENT_TYPE.into())
                .with_delivery_mode(PERSISTENT)
                .with_message_id(short(event.id.to_string()))
                .with_type(short(event.cloud_type()))
                .with_timestamp(u64::try_from(event.time.timestamp()).unwrap_or_default())
                .with_headers(headers(event)),
        })
    }

    /// What a queue's consumer has given up, for the queue of its dead letters.
    pub(super) fn dead(
        queue: &str,
        received: &BasicProperties,
        body: Vec<u8>,
        death: &Death,
        now: DateTime<Utc>,
    ) -> Self {
        let mut headers = own_headers(received);
        let reason = shortened(&death.reason);
        headers.insert(REASON.into(), AMQPValue::LongString(reason));
        headers.insert(
            ATTEMPTS.into(),
            AMQPValue::LongLongInt(death.attempts.into()),
        );
        let died_at = u64::try_from(now.timestamp()).unwrap_or_default();
        Self {
            exchange: DEAD,
            routing_key: queue.to_owned(),
            properties: received
                .clone()
                .with_delivery_mode(PERSISTENT)
                .with_timestamp(died_at)
                .with_headers(headers),
            body,
        }
    }

    /// A dead letter, for the queue alone that it once was in.
    pub(super) fn returned(queue: &str, received: &BasicProperties, body: Vec<u8>) -> Self {
        Self {
            exchange: "",
            routing_key: queue.to_owned(),
            properties: received.clone().with_headers(own_headers(received)),
            body,
        }
    }
}

/// A text of at most 255 bytes; what is longer has been refused before.
pub(super) fn short(text: String) -> ShortString {
    ShortString::try_new(text).unwrap_or_default()
}

fn headers(event: &Event) -> FieldTable {
    let mut headers = FieldTable::default();
    let mut add = |name: &str, value: &str| {
        headers.insert(short(name.to_owned()), AMQPValue::LongString(value.into()));
    };
    let time = event.time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    add("cloudEvents_specversion", "1.0");
    add("cloudEvents_id", &event.id.to_string());
    add("cloudEvents_source", &event.source);
    add("cloudEvents_type", &event.cloud_type());
    add("cloudEvents_subject", &event.subject);
    add("cloudEvents_time", &time);
    if let Some(trace) = &event.trace {
        add("traceparent", &trace.traceparent);
        if let Some(tracestate) = &trace.tracestate {
            add("tracestate", tracestate);
        }
    }
    headers
}

/// The headers that came with the event, without those that tell of a death.
fn own_headers(received: &BasicProperties) -> FieldTable {
    let mut own = FieldTable::default();
    let received = received
        .headers()
        .iter()
        .flat_map(|headers| headers.inner());
    for (name, value) in received {
        if !name.as_str().starts_with("x-") {
            own.insert(name.clone(), value.clone());
        }
    }
    own
}

fn shortened(reason: &str) -> LongString {
    let mut end = reason.len().min(MAX_REASON_BYTES);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.get(..end).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use oruma_telemetry::propagation::TraceContext;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn event() -> Event {
        Event {
            id: Uuid::from_u128(7),
            kind: "auth.user.registered.v1".to_owned(),
            source: "/oruma/auth".to_owned(),
            subject: "u1".to_owned(),
            time: DateTime::from_timestamp_millis(1_700_000_000_123).unwrap(),
            data: json!({}),
            trace: Some(TraceContext {
                traceparent: TRACEPARENT.to_owned(),
                tracestate: None,
            }),
        }
    }

    fn header(message: &Message, name: &str) -> Option<String> {
        let headers = message.properties.headers().clone()?;
        match headers.inner().get(name)? {
            AMQPValue::LongString(text) => Some(text.to_string()),
            AMQPValue::LongLongInt(number) => Some(number.to_string()),
            _ => None,
        }
    }

    #[test]
    fn an_event_is_a_structured_cloud_event_with_its_attributes_in_headers() {
        let message = Message::event(&event()).unwrap();
        assert_eq!(message.exchange, "oruma.events");
        assert_eq!(message.routing_key, "auth.user.registered.v1");
        assert_eq!(Event::from_json(&message.body).unwrap(), event());
        let properties = &message.properties;
        assert_eq!(
            properties.content_type().clone().unwrap().as_str(),
            CONTENT_TYPE
        );
        assert_eq!(properties.delivery_mode(), &Some(2));
        assert_eq!(
            properties.kind().clone().unwrap().as_str(),
            "com.oruma.auth.user.registered.v1"
        );
        for (name, value) in [
            ("cloudEvents_specversion", "1.0"),
            ("cloudEvents_id", "00000000-0000-0000-0000-000000000007"),
            ("cloudEvents_type", "com.oruma.auth.user.registered.v1"),
            ("cloudEvents_subject", "u1"),
            ("cloudEvents_time", "2023-11-14T22:13:20.123Z"),
            ("traceparent", TRACEPARENT),
        ] {
            assert_eq!(header(&message, name).as_deref(), Some(value));
        }
    }

    #[test]
    fn a_dead_letter_tells_why_and_a_returned_one_no_more() {
        let message = Message::event(&event()).unwrap();
        let death = Death {
            reason: "é".repeat(3000),
            attempts: 5,
        };
        let dead = Message::dead("q", &message.properties, message.body, &death, event().time);
        assert_eq!(header(&dead, REASON).unwrap().len(), MAX_REASON_BYTES);
        assert_eq!(header(&dead, ATTEMPTS).as_deref(), Some("5"));
        assert_eq!(header(&dead, "traceparent").as_deref(), Some(TRACEPARENT));
        assert!(dead.exchange == "oruma.dead" && dead.routing_key == "q");

        let returned = Message::returned("q", &dead.properties, dead.body);
        assert_eq!(header(&returned, REASON), None);
        assert_eq!(
            header(&returned, "traceparent").as_deref(),
            Some(TRACEPARENT)
        );
        assert!(returned.exchange.is_empty() && returned.routing_key == "q");
    }
}
