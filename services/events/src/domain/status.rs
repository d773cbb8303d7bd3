//! Where an event is in its life: but for one that is called off it follows from the clock (O-210).

use chrono::{DateTime, Utc};

use super::schedule::Schedule;

/// Where an event is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventStatus {
    /// It has not begun.
    Upcoming,
    /// It is on.
    Ongoing,
    /// It is over.
    Completed,
    /// Its organiser has called it off.
    Cancelled,
}

impl EventStatus {
    /// The status of an event at that time.
    #[must_use]
    pub fn at(now: DateTime<Utc>, schedule: &Schedule, cancelled: bool) -> Self {
        if cancelled {
            Self::Cancelled
        } else if now < schedule.starts_at {
            Self::Upcoming
        } else if now < schedule.ends_at {
            Self::Ongoing
        } else {
            Self::Completed
        }
    }

    /// Its name, as in the contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::Ongoing => "ongoing",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Upcoming,
            Self::Ongoing,
            Self::Completed,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|status| status.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O-210: the beginning belongs to the event, the end does not.
    #[test]
    fn the_clock_moves_an_event_on() {
        let time = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
        let schedule = Schedule {
            starts_at: time("2027-02-01T18:00:00Z"),
            ends_at: time("2027-02-01T20:00:00Z"),
            utc_offset_minutes: 0,
        };
        for (now, status) in [
            ("2027-02-01T17:59:59Z", EventStatus::Upcoming),
            ("2027-02-01T18:00:00Z", EventStatus::Ongoing),
            ("2027-02-01T19:59:59Z", EventStatus::Ongoing),
            ("2027-02-01T20:00:00Z", EventStatus::Completed),
        ] {
            assert_eq!(EventStatus::at(time(now), &schedule, false), status);
            let cancelled = EventStatus::at(time(now), &schedule, true);
            assert_eq!(cancelled, EventStatus::Cancelled);
            assert_eq!(EventStatus::from_name(status.name()), Some(status));
        }
        assert_eq!(EventStatus::from_name("postponed"), None);
    }
}
