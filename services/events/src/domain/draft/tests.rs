use oruma_ids::{EventId, UserId};
use uuid::Uuid;

use super::*;

const LIMITS: EventLimits = EventLimits {
    title: 255,
    description: 10_000,
    category: 100,
    location: 255,
    tags: 20,
    tag: 50,
};

fn now() -> DateTime<Utc> {
    "2027-01-15T10:00:00Z".parse().unwrap()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn draft() -> EventDraft {
    EventDraft {
        title: some("Party"),
        description: some("With cake.\nAnd tea."),
        category: some("Social"),
        date: some("2027-01-15"),
        start_time: some("18:00"),
        end_time: some("20:00"),
        location: some("Canteen"),
        capacity: Some(10),
        tags: Some(vec!["Cake".to_owned(), "cake".to_owned(), "Tea".to_owned()]),
        ..EventDraft::default()
    }
}

fn event() -> Event {
    Event {
        id: EventId::from_uuid(Uuid::nil()),
        number: 1,
        organizer: UserId::from_uuid(Uuid::nil()),
        university: String::new(),
        body: draft().judge(LIMITS, now()).unwrap(),
        cancelled_at: None,
        registered_count: 5,
        save_count: 0,
        view_count: 0,
        created_at: now(),
        updated_at: now(),
    }
}

fn fields<T: std::fmt::Debug>(judged: Result<T, Vec<Violation>>) -> Vec<String> {
    let violations = judged.unwrap_err();
    violations.into_iter().map(|found| found.field).collect()
}

#[test]
fn a_new_event_is_stored_in_its_form() {
    let body = event().body;
    assert_eq!(
        (body.category.as_str(), body.registration_required),
        ("social", true)
    );
    assert_eq!(body.tags, ["cake", "tea"]);
    assert_eq!(
        body.schedule.starts_at.to_rfc3339(),
        "2027-01-15T18:00:00+00:00"
    );
}

#[test]
fn every_field_at_fault_is_named() {
    let all = [
        "title",
        "description",
        "category",
        "date",
        "start_time",
        "end_time",
        "location",
    ];
    assert_eq!(fields(EventDraft::default().judge(LIMITS, now())), all);
    let wrong = EventDraft {
        title: some(&"x".repeat(256)),
        date: some("2027-02-31"),
        start_time: some("25:61"),
        capacity: Some(0),
        tags: Some(vec!["fine".to_owned(), " ".to_owned(), "x".repeat(51)]),
        ..draft()
    };
    let named = [
        "title",
        "date",
        "start_time",
        "capacity",
        "tags[1]",
        "tags[2]",
    ];
    assert_eq!(fields(wrong.judge(LIMITS, now())), named);
    let tags = (0..21).map(|nth| format!("tag{nth}")).collect();
    let wrong = EventDraft {
        tags: Some(tags),
        ..draft()
    };
    assert_eq!(fields(wrong.judge(LIMITS, now())), ["tags"]);
}

/// O-161, O-162: the end comes after the start, and the start is yet to come, where the event is.
#[test]
fn an_event_is_in_the_future_and_ends_after_it_begins() {
    let at = |date: &str, start: &str, end: &str| EventDraft {
        date: some(date),
        start_time: some(start),
        end_time: some(end),
        ..draft()
    };
    let judged = |draft: EventDraft| draft.judge(LIMITS, now());
    assert!(judged(at("2027-01-15", "10:01", "10:02")).is_ok());
    for (draft, field) in [
        (at("2027-01-15", "18:00", "18:00"), "end_time"),
        (at("2027-01-15", "18:00", "17:59"), "end_time"),
        (at("2027-01-15", "10:00", "11:00"), "start_time"),
        (at("2027-01-14", "18:00", "20:00"), "date"),
        (at("1970-01-01", "18:00", "20:00"), "date"),
        (
            at("2027-01-15T00:00:00+03:00", "12:59", "20:00"),
            "start_time",
        ),
    ] {
        assert_eq!(fields(judged(draft)), [field]);
    }
    assert!(judged(at("2027-01-15T00:00:00+03:00", "13:01", "20:00")).is_ok());
}

#[test]
fn a_change_leaves_what_is_not_said() {
    let event = event();
    let same = EventDraft::default().change(&event, LIMITS, now()).unwrap();
    assert_eq!((same.body, same.status), (event.body.clone(), None));
    let moved = EventDraft {
        start_time: some("19:00"),
        ..EventDraft::default()
    };
    let moved = moved.change(&event, LIMITS, now()).unwrap().body;
    assert_eq!(moved.schedule.ends_at, event.body.schedule.ends_at);
    assert_eq!(moved.schedule.start_time().to_string(), "19:00:00");
}

/// O-162: what has begun stays changeable but for its beginning.
#[test]
fn what_has_begun_keeps_its_beginning() {
    let event = event();
    let later = now() + chrono::TimeDelta::hours(9);
    let change = |start: Option<&str>, end: Option<&str>| {
        let draft = EventDraft {
            title: some("Still on"),
            start_time: start.map(str::to_owned),
            end_time: end.map(str::to_owned),
            ..EventDraft::default()
        };
        draft.change(&event, LIMITS, later)
    };
    assert!(change(Some("18:00"), Some("20:00")).is_ok());
    assert!(change(None, Some("22:00")).is_ok());
    assert_eq!(fields(change(Some("18:30"), None)), ["start_time"]);
    assert_eq!(fields(change(None, Some("18:30"))), ["end_time"]);
}

/// O-163.
#[test]
fn a_capacity_holds_those_who_are_registered() {
    let change = |capacity| {
        let draft = EventDraft {
            capacity: Some(capacity),
            ..EventDraft::default()
        };
        draft.change(&event(), LIMITS, now())
    };
    assert_eq!(change(5).unwrap().body.capacity, Some(5));
    for wrong in [4, 0, -1, i32::MIN] {
        assert_eq!(fields(change(wrong)), ["capacity"]);
    }
}

#[test]
fn a_status_that_follows_from_the_clock_is_not_for_the_asking() {
    let change = |event: &Event, status: &str| {
        let draft = EventDraft {
            status: some(status),
            ..EventDraft::default()
        };
        draft
            .change(event, LIMITS, now())
            .map(|change| change.status)
    };
    let mut event = event();
    for right in [EventStatus::Upcoming, EventStatus::Cancelled] {
        assert_eq!(change(&event, right.name()), Ok(Some(right)));
    }
    for wrong in ["ongoing", "completed", "postponed", ""] {
        assert_eq!(fields(change(&event, wrong)), ["status"]);
    }
    event.cancelled_at = Some(now());
    assert_eq!(change(&event, "ongoing"), Ok(Some(EventStatus::Ongoing)));
}
