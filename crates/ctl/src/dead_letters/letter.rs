//! A dead letter, wherever it is.

use std::fmt;

use chrono::{DateTime, Utc};
use oruma_broker::{DeadLetter, Event, KeptLetter};
use serde::{Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

use crate::installation::Service;
use crate::times;

/// A dead letter.
#[derive(Debug, Serialize)]
pub(super) struct Letter {
    pub(super) place: Place,
    pub(super) queue: String,
    /// The event's id; `#` and its number in the table, or nothing, where it is no event.
    pub(super) id: String,
    #[serde(skip)]
    pub(super) event_id: Option<Uuid>,
    pub(super) kind: String,
    pub(super) attempts: u32,
    pub(super) died_at: Option<DateTime<Utc>>,
    pub(super) reason: String,
    #[serde(skip)]
    body: String,
}

/// Where it is.
#[derive(Debug)]
pub(super) enum Place {
    RabbitMq,
    Table(Service, KeptLetter),
}

/// A letter with what the event says.
#[derive(Serialize)]
pub(super) struct Whole<'a> {
    #[serde(flatten)]
    letter: &'a Letter,
    /// The event, or the text that is none.
    event: Value,
}

impl Letter {
    pub(super) fn of_rabbitmq(letter: DeadLetter) -> Self {
        let event_id = letter.event_id;
        Self {
            place: Place::RabbitMq,
            id: event_id.map_or_else(|| "-".to_owned(), |id| id.to_string()),
            event_id,
            kind: kind_of(&letter.body),
            queue: letter.queue,
            attempts: letter.attempts,
            died_at: letter.died_at,
            reason: letter.reason,
            body: letter.body,
        }
    }

    pub(super) fn of_table(service: Service, kept: KeptLetter) -> Self {
        Self {
            id: kept
                .event_id
                .map_or_else(|| format!("#{}", kept.id), |id| id.to_string()),
            event_id: kept.event_id,
            kind: kind_of(&kept.event),
            queue: kept.queue.clone(),
            attempts: u32::try_from(kept.attempts).unwrap_or_default(),
            died_at: Some(kept.died_at),
            reason: kept.reason.clone(),
            body: kept.event.clone(),
            place: Place::Table(service, kept),
        }
    }

    pub(super) fn whole(&self) -> Whole<'_> {
        let event = serde_json::from_str(&self.body);
        Whole {
            letter: self,
            event: event.unwrap_or_else(|_| Value::String(self.body.clone())),
        }
    }
}

pub(super) fn text(whole: &Whole<'_>) -> String {
    let letter = whole.letter;
    let event = serde_json::to_string_pretty(&whole.event).unwrap_or_default();
    format!(
        "place     {}\nqueue     {}\nid        {}\nkind      {}\nattempts  {}\ndied      {}\nreason    {}\n\n{event}",
        letter.place,
        letter.queue,
        letter.id,
        letter.kind,
        letter.attempts,
        times::of(letter.died_at),
        letter.reason,
    )
}

fn kind_of(body: &str) -> String {
    Event::from_json(body.as_bytes()).map_or_else(|_| "-".to_owned(), |event| event.kind)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RabbitMq => f.write_str("rabbitmq"),
            Self::Table(service, _) => write!(f, "{service}.dead_letters"),
        }
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
