//! Lists of events: filters, orders and pages.

use std::collections::HashSet;

use chrono::TimeDelta;
use diesel_async::SimpleAsyncConnection;
use oruma_proto::events::v1 as proto;
use oruma_proto::events::v1::EventStatus;
use oruma_service_test_kit::schema::{check_indexes_read, connect};

use crate::support::{
    Events, MIT, STANFORD, all, id_of, invalid_fields, list_of, party, party_for, person_of,
    student, time, user_id,
};
use oruma_service_runtime::Role;

/// A small generator of numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    fn often(&mut self) -> bool {
        self.below(3) == 0
    }
}

const CATEGORIES: [&str; 3] = ["Music", "Sport", "Open Air"];
const PLACES: [&str; 4] = ["Main Hall", "50% Bar", "main_street 5", "Ölberg"];
const DATES: [&str; 6] = [
    "2027-01-15T00:00:00-11:00",
    "2027-01-15",
    "2027-01-16T00:00:00+13:00",
    "2027-01-17",
    "2027-02-01T12:00:00Z",
    "2027-02-01T00:00:00+05:30",
];
const WORDS: [&str; 3] = ["robot", "pizza", "chess"];
const TAGS: [&str; 3] = ["free", "food", "night"];

fn random_event(dice: &mut Dice) -> proto::CreateEventRequest {
    let tags = TAGS
        .iter()
        .filter(|_| dice.often())
        .map(|tag| (*tag).to_owned());
    let tags = tags.collect();
    proto::CreateEventRequest {
        title: format!("About {}", dice.of(&WORDS)),
        description: format!("Come for {}", dice.of(&WORDS)),
        category: dice.of(&CATEGORIES).to_owned(),
        date: dice.of(&DATES).to_owned(),
        start_time: dice.of(&["23:00", "23:15"]).to_owned(),
        end_time: dice.of(&["23:30", "23:59"]).to_owned(),
        location: dice.of(&PLACES).to_owned(),
        capacity: dice.of(&[None, Some(3), Some(5)]),
        tags,
        ..party()
    }
}

fn random_filters(dice: &mut Dice, organizers: &[String]) -> proto::ListEventsRequest {
    let mut asked = proto::ListEventsRequest::default();
    if dice.often() {
        asked.query = dice
            .of(&["robots", "Pizza", "chess -pizza", "robot or pizza"])
            .to_owned();
    }
    if dice.often() {
        asked.category = dice.of(&["music", "SPORT", "open air", "none"]).to_owned();
    }
    if dice.often() {
        asked.university = dice.of(&[STANFORD, MIT]).to_owned();
    }
    if dice.often() {
        asked.location = dice.of(&["main", "%", "_", "ÖL", "hall", "a"]).to_owned();
    }
    if dice.often() {
        asked.status = dice
            .of(&["upcoming", "ongoing", "completed", "cancelled"])
            .to_owned();
    }
    if dice.often() {
        asked.tags = list_of(&[dice.of(&TAGS), dice.of(&["FOOD", "other"])]);
    }
    if dice.often() {
        asked.date = dice
            .of(&["2027-01-15", "2027-01-16", "2027-02-01"])
            .to_owned();
    }
    if dice.often() {
        asked.date_from = dice
            .of(&["2027-01-15", "2027-01-16", "2027-01-17"])
            .to_owned();
    }
    if dice.often() {
        asked.date_to = dice
            .of(&["2027-01-15", "2027-01-16", "2027-02-01"])
            .to_owned();
    }
    if dice.often() {
        asked
            .organizer_id
            .clone_from(&organizers[dice.below(organizers.len())]);
    }
    asked.registered = dice.below(5) == 0;
    asked.saved = dice.below(5) == 0;
    asked.sort_by = dice
        .of(&["date", "recent", "popularity", "capacity"])
        .to_owned();
    asked.page_size = dice.of(&[1, 3, 7, 50]);
    asked
}

/// The rule of each filter, in plain words.
fn matches(event: &proto::Event, asked: &proto::ListEventsRequest) -> bool {
    let text = format!("{} {}", event.title, event.description);
    let has = |word: &str| text.contains(word);
    let words = match asked.query.as_str() {
        "" => true,
        "robots" => has("robot"),
        "Pizza" => has("pizza"),
        "chess -pizza" => has("chess") && !has("pizza"),
        _ => has("robot") || has("pizza"),
    };
    let begins = time(event.starts_at);
    let day = begins + TimeDelta::minutes(event.utc_offset_minutes.into());
    let day = day.date_naive().to_string();
    let status = match event.status() {
        EventStatus::Upcoming => "upcoming",
        EventStatus::Ongoing => "ongoing",
        EventStatus::Completed => "completed",
        _ => "cancelled",
    };
    let place = event.location.to_lowercase();
    words
        && (asked.category.is_empty() || event.category == asked.category.to_lowercase())
        && (asked.university.is_empty() || event.university == asked.university)
        && place.contains(&asked.location.to_lowercase())
        && (asked.status.is_empty() || asked.status == status)
        && (asked.tags.is_empty()
            || asked
                .tags
                .iter()
                .any(|tag| event.tags.contains(&tag.to_lowercase())))
        && (asked.date.is_empty() || day == asked.date)
        && (asked.date_from.is_empty() || day >= asked.date_from)
        && (asked.date_to.is_empty() || day <= asked.date_to)
        && (asked.organizer_id.is_empty() || event.organizer_id == asked.organizer_id)
        && (!asked.registered || event.registered)
        && (!asked.saved || event.saved)
}

fn sort(events: &mut [proto::Event], by: &str) {
    let begins = |event: &proto::Event| time(event.starts_at);
    let created = |event: &proto::Event| time(event.created_at);
    let free = |event: &proto::Event| {
        let capacity = event.capacity.map(i64::from);
        capacity.map_or(i64::MAX, |capacity| capacity - event.registered_count)
    };
    events.sort_by(|left, right| match by {
        "date" => (begins(left), &left.id).cmp(&(begins(right), &right.id)),
        "recent" => (created(right), &right.id).cmp(&(created(left), &left.id)),
        "popularity" => (right.registered_count, right.save_count, &right.id).cmp(&(
            left.registered_count,
            left.save_count,
            &left.id,
        )),
        _ => (free(right), &right.id).cmp(&(free(left), &left.id)),
    });
}

/// O-026, O-034, O-036, O-037: whatever is asked for, page after page gives what a plain reading of the rules gives, in that order.
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_what_a_plain_filter_gives() {
    let events = Events::start().await;
    let viewer = student(1);
    let organizers = [
        student(2),
        person_of(3, MIT, Role::User),
        person_of(4, "", Role::User),
    ];
    let mut dice = Dice(42);
    let mut ids = Vec::new();
    for nth in 0..60 {
        let organizer = &organizers[nth % 3];
        let event = events.create(organizer, random_event(&mut dice)).await;
        for person in [1, 10, 11].into_iter().filter(|_| dice.often()) {
            events.register(&student(person), &event.id).await.unwrap();
        }
        for person in [1, 10].into_iter().filter(|_| dice.often()) {
            events
                .save(&student(person), &event.id, None)
                .await
                .unwrap();
        }
        if dice.below(8) == 0 {
            events.cancel(organizer, &event).await.unwrap();
        }
        if dice.often() {
            events.clock.advance(TimeDelta::seconds(1));
        }
        ids.push(event.id);
    }
    // Some are over then, some are on.
    events
        .clock
        .advance(TimeDelta::hours(13) + TimeDelta::minutes(10));
    let mut everything = Vec::new();
    for id in &ids {
        everything.push(events.get(&viewer, id).await.unwrap());
    }
    let organizers: Vec<String> = organizers.iter().map(id_of).collect();
    let mut found_some = 0;
    for _ in 0..250 {
        let mut asked = random_filters(&mut dice, &organizers);
        let mut expected = everything.clone();
        expected.retain(|event| matches(event, &asked));
        sort(&mut expected, &asked.sort_by);
        let mut found = Vec::new();
        loop {
            let page = events.list(&viewer, asked.clone()).await.unwrap();
            assert_eq!(
                page.total,
                i64::try_from(expected.len()).unwrap(),
                "{asked:?}"
            );
            found.extend(page.events);
            asked.page_token = page.next_page_token;
            if asked.page_token.is_empty() {
                break;
            }
        }
        let titles = |events: &[proto::Event]| -> Vec<String> {
            events.iter().map(|event| event.id.clone()).collect()
        };
        assert_eq!(titles(&found), titles(&expected), "{asked:?}");
        assert_eq!(found, expected);
        found_some += usize::from(!expected.is_empty());
    }
    assert!(found_some > 40, "{found_some}");
}

/// What comes while somebody turns pages neither hides nor repeats anything.
#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_while_events_come_and_go() {
    let events = Events::start().await;
    let ada = student(1);
    let mut before = HashSet::new();
    for _ in 0..12 {
        before.insert(events.create(&ada, party()).await.id);
    }
    for sort_by in ["date", "recent", "popularity", "capacity"] {
        let mut asked = proto::ListEventsRequest {
            sort_by: sort_by.to_owned(),
            page_size: 5,
            ..Default::default()
        };
        let mut seen = Vec::new();
        loop {
            let page = events.list(&ada, asked.clone()).await.unwrap();
            seen.extend(page.events.into_iter().map(|event| event.id));
            events.clock.advance(TimeDelta::seconds(1));
            events.create(&ada, party_for(2)).await;
            asked.page_token = page.next_page_token;
            if asked.page_token.is_empty() || seen.len() > 200 {
                break;
            }
        }
        let once: HashSet<String> = seen.iter().cloned().collect();
        assert_eq!(once.len(), seen.len(), "{sort_by}");
        assert!(before.is_subset(&once), "{sort_by}");
    }
}

/// The total is told even by a page from which everything has gone.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_page_tells_the_total() {
    let events = Events::start().await;
    let ada = student(1);
    let pair = [
        events.create(&ada, party()).await,
        events.create(&ada, party()).await,
    ];
    let mut asked = proto::ListEventsRequest {
        page_size: 1,
        ..Default::default()
    };
    let page = events.list(&ada, asked.clone()).await.unwrap();
    let second = pair.iter().find(|event| event.id != page.events[0].id);
    events.delete(&ada, &second.unwrap().id).await.unwrap();
    asked.page_token = page.next_page_token;
    let page = events.list(&ada, asked).await.unwrap();
    assert_eq!((page.events.len(), page.total), (0, 1));
}

/// A cursor belongs to its list, its filters, and where they are personal to its reader.
#[tokio::test(flavor = "multi_thread")]
async fn cursors_are_for_their_list() {
    let events = Events::start().await;
    let ada = student(1);
    for _ in 0..2 {
        let event = events.create(&ada, party()).await;
        events.save(&ada, &event.id, None).await.unwrap();
    }
    let asked = proto::ListEventsRequest {
        saved: true,
        page_size: 1,
        ..Default::default()
    };
    let token = events
        .list(&ada, asked.clone())
        .await
        .unwrap()
        .next_page_token;
    let with = |change: fn(&mut proto::ListEventsRequest)| {
        let mut asked = proto::ListEventsRequest {
            page_token: token.clone(),
            ..asked.clone()
        };
        change(&mut asked);
        asked
    };
    assert_eq!(
        events.list(&ada, with(|_| {})).await.unwrap().events.len(),
        1
    );
    let foreign = events.list(&student(2), with(|_| {})).await;
    assert_eq!(invalid_fields(foreign), ["page_token"]);
    let changes: [fn(&mut proto::ListEventsRequest); 5] = [
        |asked| asked.saved = false,
        |asked| asked.sort_by = "recent".to_owned(),
        |asked| asked.status = "upcoming".to_owned(),
        |asked| asked.query = "cake".to_owned(),
        |asked| asked.page_token = "nonsense".to_owned(),
    ];
    for change in changes {
        let refusal = events.list(&ada, with(change)).await;
        assert_eq!(invalid_fields(refusal), ["page_token"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_filter_is_named() {
    let events = Events::start().await;
    type Change = fn(&mut proto::ListEventsRequest);
    let cases: [(&str, Change); 7] = [
        ("sort_by", |asked| asked.sort_by = "price".to_owned()),
        ("status", |asked| asked.status = "postponed".to_owned()),
        ("date", |asked| asked.date = "2027-02-31".to_owned()),
        ("date_from", |asked| asked.date_from = "soon".to_owned()),
        ("date_to", |asked| asked.date_to = "0000-01-01".to_owned()),
        ("organizer_id", |asked| asked.organizer_id = "me".to_owned()),
        ("page_size", |asked| asked.page_size = -1),
    ];
    for (field, spoil) in cases {
        let mut asked = all();
        spoil(&mut asked);
        let refusal = events.list(&student(1), asked).await;
        assert_eq!(invalid_fields(refusal), [field]);
    }
}

/// O-034: strange queries find something or nothing, and break nothing.
#[tokio::test(flavor = "multi_thread")]
async fn strange_queries_do_no_harm() {
    let events = Events::start().await;
    let ada = student(1);
    let request = proto::CreateEventRequest {
        title: "Cake".to_owned(),
        ..party()
    };
    let cake = events.create(&ada, request).await;
    let party = events.create(&ada, party()).await;
    let find = |query: String| {
        let asked = proto::ListEventsRequest { query, ..all() };
        events.list(&ada, asked)
    };
    let found = find("cakes".to_owned()).await.unwrap();
    let ids: Vec<_> = found.events.iter().map(|event| &event.id).collect();
    assert_eq!(ids, [&cake.id, &party.id], "the title weighs more");
    for query in [
        "-".repeat(100_000),
        "a\0b".to_owned(),
        "'; DROP TABLE events.events; --".to_owned(),
        "\"".repeat(999),
        "( & | ! <-> :*".to_owned(),
        "the".to_owned(),
        "x ".repeat(50_000),
        "%_\\".to_owned(),
    ] {
        let found = find(query.clone()).await.unwrap();
        assert_eq!(found.total, 0, "{:.20}", query);
    }
    let asked = proto::ListEventsRequest {
        organizer_id: user_id(1).to_string(),
        ..all()
    };
    assert_eq!(events.list(&ada, asked).await.unwrap().total, 2);
}

// === indexes ===

/// Twenty thousand events of 200 organisers at 20 universities, in 50 categories, one an hour.
const CROWD: &str = "
    INSERT INTO events.events (id, organizer_id, university, title, description, category, starts_at, ends_at, utc_offset_minutes, location,
                               folded_location, registration_required, banner_image, tags, created_at, updated_at)
    SELECT md5('e' || n)::uuid, md5('u' || n % 200)::uuid, 'University ' || n % 20, 'party number' || n, 'a party', 'category ' || n % 50, at,
           at + interval '2 hours', 0, 'Hall', 'hall', false, '', ARRAY['tag' || n % 50], at, at
    FROM generate_series(1, 20000) AS n, LATERAL (SELECT timestamptz '2027-01-01 00:00Z' + n * interval '1 hour' AS at) AS times;
    ANALYZE";

/// O-138, O-139, O-145: each filter has an index, and the lists of a large calendar read it.
#[tokio::test(flavor = "multi_thread")]
async fn lists_of_a_large_calendar_read_their_indexes() {
    let events = Events::start().await;
    let mut conn = connect(&events.database).await;
    conn.batch_execute(CROWD).await.unwrap();
    let narrowed = [
        proto::ListEventsRequest {
            university: "University 3".to_owned(),
            date: "2027-03-01".to_owned(),
            ..all()
        },
        proto::ListEventsRequest {
            university: "University 3".to_owned(),
            ..all()
        },
        proto::ListEventsRequest {
            category: "Category 7".to_owned(),
            status: "upcoming".to_owned(),
            ..all()
        },
        proto::ListEventsRequest {
            query: "number77".to_owned(),
            ..all()
        },
        proto::ListEventsRequest {
            tags: list_of(&["tag9"]),
            ..all()
        },
        proto::ListEventsRequest {
            organizer_id: user_id(2).to_string(),
            ..all()
        },
    ];
    for request in narrowed {
        events.list(&student(1), request).await.unwrap();
    }
    let indexes = [
        "events_by_day",
        "events_by_university",
        "events_by_category",
        "events_by_words",
        "events_by_tags",
        "events_by_organizer",
    ];
    check_indexes_read(&mut conn, &indexes).await;
}
