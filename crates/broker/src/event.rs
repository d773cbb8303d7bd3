//! A fact that other services are told, and its CloudEvents form.

use std::fmt;

use chrono::{DateTime, Utc};
use oruma_telemetry::propagation::TraceContext;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{EventError, HandleError};

/// What the CloudEvents `type` has before the kind.
pub const TYPE_PREFIX: &str = "com.oruma.";
/// The longest kind, in bytes: with its prefix it must fit AMQP's short strings of 255 bytes.
pub const MAX_KIND_BYTES: usize = 200;
/// The longest event, in bytes of its JSON: events tell facts, files travel elsewhere.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

const SPEC_VERSION: &str = "1.0";
const JSON: &str = "application/json";

/// A fact that happened in one service and that others may want to know.
///
/// Its `Debug` form leaves out `data`, which may hold what belongs in no log.
#[derive(Clone, PartialEq)]
pub struct Event {
    /// A UUIDv7 of its own: consumers drop an event whose id they have handled before.
    pub id: Uuid,
    /// What happened, and the version of its data: `auth.user.registered.v1`. It is the routing key; the CloudEvents
    /// `type` has [`TYPE_PREFIX`] before it. Words of `a-z 0-9 _ -` with dots between, at most [`MAX_KIND_BYTES`].
    pub kind: String,
    /// Who tells it: `/oruma/auth`.
    pub source: String,
    /// The id of the resource it happened to. Events of one subject are handled in their order.
    pub subject: String,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// What there is to know, in the form that `kind` stands for.
    pub data: Value,
    /// The trace in which it happened.
    pub trace: Option<TraceContext>,
}

#[derive(Serialize)]
struct Written<'a> {
    specversion: &'static str,
    id: Uuid,
    source: &'a str,
    r#type: String,
    subject: &'a str,
    time: DateTime<Utc>,
    datacontenttype: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracestate: Option<&'a str>,
    data: &'a Value,
}

#[derive(Deserialize)]
struct Read {
    specversion: String,
    id: Uuid,
    source: String,
    r#type: String,
    subject: String,
    time: DateTime<Utc>,
    datacontenttype: Option<String>,
    traceparent: Option<String>,
    tracestate: Option<String>,
    #[serde(default)]
    data: Value,
}

// === impl Event ===

impl Event {
    /// A fact whose data is a message of an `outbox.proto`, with no trace yet.
    pub fn new(
        id: Uuid,
        kind: &str,
        source: &str,
        subject: String,
        time: DateTime<Utc>,
        data: &impl Serialize,
    ) -> Self {
        Self {
            id,
            kind: kind.to_owned(),
            source: source.to_owned(),
            subject,
            time,
            // Messages have no maps with keys that JSON can't write, so this can't fail.
            data: with_z(serde_json::to_value(data).unwrap_or_default()),
            trace: None,
        }
    }

    /// Reads the data as a message of an `outbox.proto`. Fields that are not known here are passed over.
    ///
    /// # Errors
    /// [`HandleError::Poison`] when it is no such message: no attempt will ever succeed.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, HandleError> {
        T::deserialize(&self.data).map_err(|error| HandleError::poison(error.to_string()))
    }

    /// The CloudEvents `type`.
    #[must_use]
    pub fn cloud_type(&self) -> String {
        format!("{TYPE_PREFIX}{}", self.kind)
    }

    /// Writes it as CloudEvents 1.0 in JSON.
    ///
    /// # Errors
    /// [`EventError::InvalidKind`] and [`EventError::TooLarge`].
    pub fn to_json(&self) -> Result<String, EventError> {
        self.to_json_in(self.trace.as_ref())
    }

    pub(crate) fn to_json_in(&self, trace: Option<&TraceContext>) -> Result<String, EventError> {
        check_kind(&self.kind)?;
        let json = serde_json::to_string(&Written {
            specversion: SPEC_VERSION,
            id: self.id,
            source: &self.source,
            r#type: self.cloud_type(),
            subject: &self.subject,
            time: self.time,
            datacontenttype: JSON,
            traceparent: trace.map(|trace| trace.traceparent.as_str()),
            tracestate: trace.and_then(|trace| trace.tracestate.as_deref()),
            data: &self.data,
        })
        .map_err(|error| EventError::NoEvent(error.to_string()))?;
        if json.len() > MAX_EVENT_BYTES {
            return Err(EventError::TooLarge { bytes: json.len() });
        }
        Ok(json)
    }

    /// Reads CloudEvents 1.0 in JSON. Attributes that are not known here are ignored.
    ///
    /// # Errors
    /// [`EventError`] for anything else.
    pub fn from_json(body: &[u8]) -> Result<Self, EventError> {
        if body.len() > MAX_EVENT_BYTES {
            return Err(EventError::TooLarge { bytes: body.len() });
        }
        let read: Read =
            serde_json::from_slice(body).map_err(|error| EventError::NoEvent(error.to_string()))?;
        read.try_into()
    }
}

/// Protobuf's JSON mapping ends times with `Z`, where the library writes `+00:00`. The fields that are times end with `At`.
fn with_z(mut data: Value) -> Value {
    write_z(&mut data);
    data
}

fn write_z(data: &mut Value) {
    match data {
        Value::Object(fields) => {
            for (name, field) in fields {
                let time = field.as_str().and_then(|time| time.strip_suffix("+00:00"));
                match time {
                    Some(time) if name.ends_with("At") => {
                        *field = Value::String(format!("{time}Z"))
                    }
                    _ => write_z(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(write_z),
        _ => {}
    }
}

impl TryFrom<Read> for Event {
    type Error = EventError;

    fn try_from(read: Read) -> Result<Self, EventError> {
        if read.specversion != SPEC_VERSION {
            return Err(EventError::NoEvent("specversion is not 1.0".to_owned()));
        }
        if read.datacontenttype.is_some_and(|kind| kind != JSON) {
            return Err(EventError::NoEvent(format!(
                "datacontenttype is not {JSON}"
            )));
        }
        let kind = read
            .r#type
            .strip_prefix(TYPE_PREFIX)
            .ok_or_else(|| EventError::InvalidKind(read.r#type.clone()))?
            .to_owned();
        check_kind(&kind)?;
        Ok(Self {
            id: read.id,
            kind,
            source: read.source,
            subject: read.subject,
            time: read.time,
            data: read.data,
            trace: read.traceparent.map(|traceparent| TraceContext {
                traceparent,
                tracestate: read.tracestate,
            }),
        })
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("source", &self.source)
            .field("subject", &self.subject)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

fn check_kind(kind: &str) -> Result<(), EventError> {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
    };
    if kind.len() <= MAX_KIND_BYTES && kind.split('.').all(is_word) {
        Ok(())
    } else {
        Err(EventError::InvalidKind(kind.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Event {
        Event {
            id: Uuid::from_u128(7),
            kind: "auth.user.registered.v1".to_owned(),
            source: "/oruma/auth".to_owned(),
            subject: "u1".to_owned(),
            time: DateTime::from_timestamp_millis(1_700_000_000_123).unwrap(),
            data: json!({"name": "Ada"}),
            trace: Some(TraceContext {
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
                tracestate: None,
            }),
        }
    }

    #[test]
    fn the_json_is_a_cloud_event() {
        let value: Value = serde_json::from_str(&event().to_json().unwrap()).unwrap();
        assert_eq!(
            value,
            json!({
                "specversion": "1.0",
                "id": "00000000-0000-0000-0000-000000000007",
                "source": "/oruma/auth",
                "type": "com.oruma.auth.user.registered.v1",
                "subject": "u1",
                "time": "2023-11-14T22:13:20.123Z",
                "datacontenttype": "application/json",
                "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "data": {"name": "Ada"},
            })
        );
    }

    #[test]
    fn what_was_written_is_read_back() {
        let json = event().to_json().unwrap();
        assert_eq!(Event::from_json(json.as_bytes()).unwrap(), event());
    }

    #[test]
    fn unknown_attributes_are_ignored_and_missing_ones_refused() {
        let mut value: Value = serde_json::from_str(&event().to_json().unwrap()).unwrap();
        value["partitionkey"] = json!("x");
        assert_eq!(
            Event::from_json(value.to_string().as_bytes()).unwrap(),
            event()
        );

        value.as_object_mut().unwrap().remove("subject");
        assert!(Event::from_json(value.to_string().as_bytes()).is_err());
        assert!(Event::from_json(b"hello").is_err());
    }

    #[test]
    fn other_versions_types_and_contents_are_refused() {
        for (attribute, wrong) in [
            ("specversion", "0.3"),
            ("type", "org.example.user.registered.v1"),
            ("type", "com.oruma.auth..v1"),
            ("datacontenttype", "application/xml"),
            ("id", "17"),
        ] {
            let mut value: Value = serde_json::from_str(&event().to_json().unwrap()).unwrap();
            value[attribute] = json!(wrong);
            let read = Event::from_json(value.to_string().as_bytes());
            assert!(read.is_err(), "{attribute} {wrong}");
        }
    }

    #[test]
    fn what_no_broker_would_take_is_not_written() {
        for kind in [
            "",
            "auth.*.v1",
            "auth.#",
            "Auth.User",
            "a..b",
            &"a".repeat(201),
        ] {
            let wrong = Event {
                kind: kind.to_owned(),
                ..event()
            };
            assert!(
                matches!(wrong.to_json(), Err(EventError::InvalidKind(_))),
                "{kind}"
            );
        }
        let large = Event {
            data: json!("x".repeat(MAX_EVENT_BYTES)),
            ..event()
        };
        assert!(matches!(large.to_json(), Err(EventError::TooLarge { .. })));
    }

    #[test]
    fn data_is_not_shown_in_debug() {
        assert!(!format!("{:?}", event()).contains("Ada"));
    }
}
