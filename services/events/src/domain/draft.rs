//! What organisers say of their events, as it came, and its judgement.

use chrono::{DateTime, NaiveTime, Utc};
use oruma_rpc_error::Violation;
use oruma_text::{Faults, Lines, plain};

use super::event::{Event, EventBody, EventLimits};
use super::schedule::{Day, Schedule, parse_time};
use super::status::EventStatus;

/// What an organiser wants to say. `None` leaves a field as it is, or at its default in a new event.
#[derive(Debug, Clone, Default)]
pub struct EventDraft {
    /// The title.
    pub title: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// In any case.
    pub category: Option<String>,
    /// `YYYY-MM-DD` or an ISO time.
    pub date: Option<String>,
    /// `HH:MM`.
    pub start_time: Option<String>,
    /// `HH:MM`.
    pub end_time: Option<String>,
    /// Where.
    pub location: Option<String>,
    /// How many can come.
    pub capacity: Option<i32>,
    /// Whether people register.
    pub registration_required: Option<bool>,
    /// In any case.
    pub tags: Option<Vec<String>>,
    /// Path under `/uploads/images/`; empty for none.
    pub banner_image: Option<String>,
    /// The name of a status.
    pub status: Option<String>,
}

/// What an event is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it says then.
    pub body: EventBody,
    /// The status that was asked for.
    pub status: Option<EventStatus>,
}

impl EventDraft {
    /// Judges a new event.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn judge(
        self,
        limits: EventLimits,
        now: DateTime<Utc>,
    ) -> Result<EventBody, Vec<Violation>> {
        Ok(self.over(None, limits, now)?.body)
    }

    /// Judges a change of an event.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn change(
        self,
        event: &Event,
        limits: EventLimits,
        now: DateTime<Utc>,
    ) -> Result<Change, Vec<Violation>> {
        self.over(Some(event), limits, now)
    }

    fn over(
        self,
        event: Option<&Event>,
        limits: EventLimits,
        now: DateTime<Utc>,
    ) -> Result<Change, Vec<Violation>> {
        let old = event.map(|event| &event.body);
        let mut faults = Faults::default();
        let old_text = |read: fn(&EventBody) -> &String| old.map(read).cloned();
        let title = say(
            &mut faults,
            "title",
            self.title,
            old_text(|old| &old.title),
            limits.title,
        );
        let description = say_lines(&mut faults, self.description, old, limits.description);
        let category = say(
            &mut faults,
            "category",
            self.category,
            old_text(|old| &old.category),
            limits.category,
        );
        let times = Times {
            date: self.date,
            start: self.start_time,
            end: self.end_time,
        };
        let schedule = schedule(&mut faults, times, old.map(|old| old.schedule), now);
        let location = say(
            &mut faults,
            "location",
            self.location,
            old_text(|old| &old.location),
            limits.location,
        );
        let capacity = capacity(&mut faults, self.capacity, event);
        let tags = match self.tags {
            None => old.map(|old| old.tags.clone()).unwrap_or_default(),
            Some(given) => tags(&mut faults, &given, limits),
        };
        let status = status(&mut faults, self.status.as_deref(), event, now);
        // Without a schedule there is a fault.
        let Some(schedule) = schedule else {
            return Err(faults.into_violations());
        };
        let body = EventBody {
            title,
            description,
            category: category.to_lowercase(),
            schedule,
            location,
            capacity,
            registration_required: self
                .registration_required
                .or(old.map(|old| old.registration_required))
                .unwrap_or(true),
            banner_image: self
                .banner_image
                .or(old_text(|old| &old.banner_image))
                .unwrap_or_default(),
            tags,
        };
        faults.or(Change { body, status })
    }
}

/// A text without regard to case, as filters compare it.
#[must_use]
pub fn folded(text: &str) -> String {
    plain(text, Lines::One, usize::MAX)
        .unwrap_or_else(|_| text.to_owned())
        .to_lowercase()
}

/// When, as it came.
struct Times {
    date: Option<String>,
    start: Option<String>,
    end: Option<String>,
}

/// One line that must be there.
fn say(
    faults: &mut Faults,
    field: &str,
    new: Option<String>,
    old: Option<String>,
    most: usize,
) -> String {
    match (new, old) {
        (None, Some(old)) => old,
        (new, _) => faults.needed(field, &new.unwrap_or_default(), Lines::One, most),
    }
}

fn say_lines(
    faults: &mut Faults,
    new: Option<String>,
    old: Option<&EventBody>,
    most: usize,
) -> String {
    match (new, old) {
        (None, Some(old)) => old.description.clone(),
        (new, _) => {
            let text = new.unwrap_or_default();
            faults.needed("description", &text, Lines::Many, most)
        }
    }
}

/// O-161, O-162.
fn schedule(
    faults: &mut Faults,
    times: Times,
    old: Option<Schedule>,
    now: DateTime<Utc>,
) -> Option<Schedule> {
    let problem = "must be a day like 2027-05-01 or an ISO time";
    let day = part(
        faults,
        "date",
        times.date,
        old.map(|old| old.day()),
        problem,
        Day::parse,
    );
    let start = time(
        faults,
        "start_time",
        times.start,
        old.map(|old| old.start_time()),
    );
    let end = time(faults, "end_time", times.end, old.map(|old| old.end_time()));
    let (day, start, end) = (day?, start?, end?);
    if end <= start {
        faults.add("end_time", "must be after start_time");
        return None;
    }
    let schedule = Schedule::on(day, start, end);
    if old.map(|old| old.starts_at) != Some(schedule.starts_at) && schedule.starts_at <= now {
        let gone = day.date < schedule.day_there(now);
        let field = if gone { "date" } else { "start_time" };
        faults.add(field, "must not be in the past");
    } else if old.map(|old| old.ends_at) != Some(schedule.ends_at) && schedule.ends_at <= now {
        faults.add("end_time", "must not be in the past");
    }
    Some(schedule)
}

fn time(
    faults: &mut Faults,
    field: &str,
    new: Option<String>,
    old: Option<NaiveTime>,
) -> Option<NaiveTime> {
    let problem = "must be a time from 00:00 to 23:59, like 18:30";
    part(faults, field, new, old, problem, |text| {
        parse_time(text.trim())
    })
}

fn part<T>(
    faults: &mut Faults,
    field: &str,
    new: Option<String>,
    old: Option<T>,
    problem: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let text = match (new, old) {
        (None, Some(old)) => return Some(old),
        (new, _) => new.unwrap_or_default(),
    };
    let part = read(&text);
    if part.is_none() {
        let empty = text.trim().is_empty();
        faults.add(field, if empty { "is required" } else { problem });
    }
    part
}

/// O-163.
fn capacity(faults: &mut Faults, new: Option<i32>, event: Option<&Event>) -> Option<i32> {
    let registered = event.map_or(0, |event| event.registered_count);
    match new {
        None => event.and_then(|event| event.body.capacity),
        Some(..=0) => {
            faults.add("capacity", "must be positive");
            None
        }
        Some(capacity) => {
            if i64::from(capacity) < registered {
                let problem = format!("must be at least {registered}: so many are registered");
                faults.add("capacity", problem);
            }
            Some(capacity)
        }
    }
}

fn tags(faults: &mut Faults, given: &[String], limits: EventLimits) -> Vec<String> {
    let mut tags = Vec::new();
    for (nth, text) in given.iter().enumerate() {
        let tag = faults.needed(&format!("tags[{nth}]"), text, Lines::One, limits.tag);
        let tag = tag.to_lowercase();
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
        if tags.len() > limits.tags {
            faults.add("tags", format!("must be at most {}", limits.tags));
            break;
        }
    }
    tags
}

/// What follows from the clock can't be asked for, but for what is so already.
fn status(
    faults: &mut Faults,
    name: Option<&str>,
    event: Option<&Event>,
    now: DateTime<Utc>,
) -> Option<EventStatus> {
    let name = name?;
    let own = event.map(|event| event.status(now));
    let status = EventStatus::from_name(name);
    match status {
        None => {
            let problem = "must be upcoming, ongoing, completed or cancelled";
            faults.add("status", problem);
        }
        Some(EventStatus::Cancelled) => {}
        _ if own == Some(EventStatus::Cancelled) || own == status => {}
        Some(_) => faults.add("status", "follows from the clock, but for cancelled"),
    }
    status
}

#[cfg(test)]
#[path = "draft/tests.rs"]
mod tests;
