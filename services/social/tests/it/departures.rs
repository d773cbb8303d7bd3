//! What is left of a person whose account has ended.

use futures::future::join_all;
use oruma_broker::{Broker, Event};
use oruma_ids::UserId;
use oruma_service_runtime::Caller;
use oruma_social::app::departures;
use oruma_test_kit::eventually;
use serde_json::json;
use uuid::Uuid;

use crate::support::{NOTHING, Social, id_of, no_comment, no_post, start_time, student};

/// The tables in which a person is named, and by which column.
const TRACES: [(&str, &str); 9] = [
    ("posts", "author_id"),
    ("comments", "author_id"),
    ("post_likes", "user_id"),
    ("post_saves", "user_id"),
    ("post_views", "user_id"),
    ("comment_likes", "user_id"),
    ("blocks", "blocker_id"),
    ("blocks", "blocked_id"),
    ("reports", "reporter_id"),
];

async fn traces(social: &Social, person: &Caller) -> Vec<usize> {
    let mut counts = Vec::new();
    for (table, column) in TRACES {
        let query = format!(
            "SELECT 1 FROM social.{table} WHERE {column} = '{}'",
            id_of(person)
        );
        counts.push(social.rows(&query).await.len());
    }
    counts
}

fn departed(id: Uuid, person: &Caller) -> Event {
    let data = json!({"userId": id_of(person), "deletedAt": "2027-01-15T10:00:00.123Z"});
    Event::new(
        id,
        "auth.user.deleted.v1",
        "/oruma/auth",
        id_of(person),
        start_time(),
        &data,
    )
}

async fn follow(social: &Social, person: &Caller, event: u128) {
    let user: UserId = person.user().unwrap();
    departures::follow(&social.app, user, Uuid::from_u128(event))
        .await
        .unwrap();
}

/// Posts, comments and marks of some people on the posts of all of them.
async fn live(social: &Social, people: &[Caller]) {
    for author in people {
        let post = social.post(author, "a post #tag").await;
        for person in people {
            let comment = social.comment(person, &post.id, "a comment").await;
            social.like(person, &post.id, Some(true)).await.unwrap();
            social.save(person, &post.id, Some(true)).await.unwrap();
            social.get(person, &post.id).await.unwrap();
            for other in people {
                social.reply(other, &comment, "a reply").await;
                social
                    .like_comment(other, &comment.id, Some(true))
                    .await
                    .unwrap();
            }
        }
    }
    eventually("views are written", || async {
        social.write_analytics().await.unwrap();
        let expected = people.len() * (people.len() - 1);
        social.count("social.post_views").await == i64::try_from(expected).unwrap()
    })
    .await;
}

/// O-009, O-185: the broker's word that an account has ended removes its traces, once or twice, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn a_departure_removes_the_traces_of_one_person() {
    let social = Social::start().await;
    let (ada, bob, eve) = (student(1), student(2), student(3));
    live(&social, &[ada.clone(), bob.clone(), eve.clone()]).await;
    let post = social.post(&eve, "buy now").await;
    social.report(&ada, &post.id, "spam").await.unwrap();
    social.delete(&eve, &post.id).await.unwrap();
    social.block(&ada, NOTHING, true).await.unwrap();
    social.block(&bob, &id_of(&ada), true).await.unwrap();
    social.broker.release();
    let event = departed(Uuid::from_u128(1), &ada);
    for _ in 0..2 {
        let published = social.broker.publish(std::slice::from_ref(&event)).await;
        assert!(published.iter().all(Result::is_ok));
        assert_eq!(traces(&social, &ada).await, [0; 9]);
        social.assert_counters().await;
    }
    for other in [&bob, &eve] {
        let left = traces(&social, other).await;
        // On the posts of two people: a post, 2 comments and 4 replies in threads that are left, marks on both but views of one.
        assert_eq!(left[0], 1);
        assert_eq!(left[1], 2 + 2 * 3);
        assert_eq!(left[2..5], [2, 2, 1]);
    }
    // Bob and Eve have answered each comment of Ada on their posts.
    let emptied = "SELECT content, reply_count FROM social.comments WHERE author_id IS NULL";
    let emptied = social.rows(emptied).await;
    assert_eq!(emptied, vec![json!({"content": "", "reply_count": 2}); 2]);
    assert_eq!(social.count("social.inbox").await, 1);
    // What moderators were told stays, without a name.
    assert_eq!(social.count("social.reports").await, 1);
}

/// O-009: subscribers are told of the posts and comments that go, by whom they went.
#[tokio::test(flavor = "multi_thread")]
async fn a_departure_tells_what_it_removes() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let first = social.post(&ada, "one").await;
    let second = social.post(&ada, "two").await;
    let other = social.post(&bob, "three").await;
    let comment = social.comment(&ada, &other.id, "hello").await;
    social.comment(&ada, &first.id, "own").await;
    let before = social.outbox().await.len();
    for _ in 0..2 {
        follow(&social, &ada, 1).await;
    }
    let told: Vec<(String, String)> = social.outbox().await[before..]
        .iter()
        .map(|event| {
            assert_eq!(event.data["deletedBy"], id_of(&ada));
            assert_eq!(event.data["authorId"], id_of(&ada));
            (event.kind.clone(), event.subject.clone())
        })
        .collect();
    let mut posts = [first.id, second.id];
    posts.sort();
    let [one, two] = posts;
    let expected = [
        ("social.post.deleted.v1".to_owned(), one),
        ("social.post.deleted.v1".to_owned(), two),
        ("social.comment.deleted.v1".to_owned(), other.id),
    ];
    assert_eq!(told, expected);
    let last = &social.outbox().await[before + 2];
    assert_eq!(last.data["commentId"], comment.id);
}

/// O-009: what is half done is finished the next time.
#[tokio::test(flavor = "multi_thread")]
async fn a_departure_that_broke_off_is_finished_later() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    live(&social, &[ada.clone(), bob.clone()]).await;
    social
        .execute("ALTER TABLE social.post_saves RENAME TO elsewhere")
        .await;
    let user = ada.user().unwrap();
    let event = Uuid::from_u128(1);
    departures::follow(&social.app, user, event)
        .await
        .unwrap_err();
    assert_eq!(social.count("social.inbox").await, 0);
    social
        .execute("ALTER TABLE social.elsewhere RENAME TO post_saves")
        .await;
    assert_eq!(
        traces(&social, &ada).await[..2],
        [0, 0],
        "what was done stays done"
    );
    assert_ne!(traces(&social, &ada).await, [0; 9]);
    follow(&social, &ada, 1).await;
    assert_eq!(traces(&social, &ada).await, [0; 9]);
    social.assert_counters().await;
}

/// O-009, O-184: what a person looked at a moment before is not written afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn views_that_wait_go_too() {
    let social = Social::start().await;
    let ada = student(1);
    let post = social.post(&student(2), "look").await;
    social.get(&ada, &post.id).await.unwrap();
    social.get(&student(3), &post.id).await.unwrap();
    follow(&social, &ada, 1).await;
    eventually("the other view is written", || async {
        social.write_analytics().await.unwrap();
        social.count("social.post_views").await == 1
    })
    .await;
    assert_eq!(traces(&social, &ada).await, [0; 9]);
    social.assert_counters().await;
}

/// O-009: an event that can't be read is a dead letter and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_departure_changes_nothing() {
    let social = Social::start().await;
    let post = social.post(&student(1), "stays").await;
    social.broker.release();
    for (nth, data) in [json!({"userId": "nobody"}), json!({"userId": 7}), json!([])]
        .iter()
        .enumerate()
    {
        let id = Uuid::from_u128(u128::try_from(nth).unwrap() + 1);
        let event = Event::new(
            id,
            "auth.user.deleted.v1",
            "/oruma/auth",
            "x".to_owned(),
            start_time(),
            data,
        );
        social.broker.publish(&[event]).await;
    }
    assert!(social.get(&student(1), &post.id).await.is_ok());
    assert_eq!(social.count("social.inbox").await, 0);
}

/// O-009, O-018: what others have answered stays, without name and text, until the last answer goes.
#[tokio::test(flavor = "multi_thread")]
async fn an_answered_comment_stays_without_name_and_text() {
    let social = Social::start().await;
    let (ada, bob, eve) = (student(1), student(2), student(3));
    let post = social.post(&bob, "hello").await;
    let comment = social.comment(&ada, &post.id, "my secret").await;
    let first = social.reply(&bob, &comment, "first").await;
    social.reply(&ada, &comment, "own answer").await;
    let lonely = social.comment(&ada, &post.id, "nobody answered").await;
    social.reply(&ada, &lonely, "but me").await;
    social.like_comment(&bob, &comment.id, None).await.unwrap();
    follow(&social, &ada, 1).await;
    social.assert_counters().await;

    let left = social.comments_of(&eve, &post.id).await;
    assert_eq!(left.len(), 1);
    let placeholder = &left[0];
    assert_eq!(
        (placeholder.author_id.as_str(), placeholder.content.as_str()),
        ("", "")
    );
    assert_eq!(
        (placeholder.reply_count, &placeholder.replies),
        (1, &vec![first.clone()])
    );
    assert_eq!(social.get(&eve, &post.id).await.unwrap().comment_count, 2);
    // It can't be liked, nobody owns it, and the talk goes on.
    no_comment(social.like_comment(&eve, &placeholder.id, Some(true)).await);
    crate::support::not_author(social.delete_comment(&ada, &placeholder.id).await);
    let second = social.reply(&eve, placeholder, "second").await;
    social.delete_comment(&bob, &first.id).await.unwrap();
    assert_eq!(social.comments_of(&eve, &post.id).await.len(), 1);
    social.assert_counters().await;

    social.delete_comment(&eve, &second.id).await.unwrap();
    assert!(social.comments_of(&eve, &post.id).await.is_empty());
    assert_eq!(social.get(&eve, &post.id).await.unwrap().comment_count, 0);
    social.assert_counters().await;
    let last = social.outbox().await.pop().unwrap();
    assert_eq!(last.kind, "social.comment.deleted.v1");
    assert_eq!(last.data.get("commentCount"), None, "none is written for 0");
}

/// O-009: the last answer may also go with an account of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_thread_whose_people_are_all_gone_is_gone() {
    let social = Social::start().await;
    let (ada, bob, eve) = (student(1), student(2), student(3));
    let post = social.post(&eve, "hello").await;
    let comment = social.comment(&ada, &post.id, "first").await;
    social.reply(&bob, &comment, "answer").await;
    follow(&social, &ada, 1).await;
    assert_eq!(social.count("social.comments").await, 2);
    follow(&social, &bob, 2).await;
    assert_eq!(social.count("social.comments").await, 0);
    social.assert_counters().await;
}

/// O-009, O-185: more than is removed in one transaction, several people at once, and others who go on meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn departures_at_once_leave_every_counter_right() {
    let social = Social::start().await;
    let people: Vec<Caller> = (1..=6).map(student).collect();
    live(&social, &people).await;
    let (ada, bob) = (&people[0], &people[1]);
    // 250 posts of Ada, each liked by Bob, and Ada likes 250 of Eve.
    let many = format!(
        "INSERT INTO social.posts (id, author_id, university, content, type, location, images, given_hashtags, given_mentions, hashtags,
                                   mentions, visibility, search, like_count, created_at, updated_at)
         SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN '{ada}' ELSE '{eve}' END::uuid, '', 'many', 'general', '', '{{}}', '{{}}', '{{}}',
                '{{}}', '{{}}', 'public', '', 1, now(), now()
         FROM generate_series(1, 500) AS n;
         INSERT INTO social.post_likes (post_id, user_id, created_at)
         SELECT id, CASE WHEN author_id = '{ada}' THEN '{bob}' ELSE '{ada}' END::uuid, now() FROM social.posts WHERE content = 'many'",
        ada = id_of(ada), bob = id_of(bob), eve = id_of(&people[2]),
    );
    social.execute(&many).await;
    let kept = social.post(&people[5], "kept").await;
    let go_on = people[3..].iter().map(|person| {
        let (social, kept) = (&social, &kept);
        async move {
            for _ in 0..10 {
                let comment = social.comment(person, &kept.id, "still here").await;
                social.reply(person, &comment, "still").await;
                social
                    .like_comment(person, &comment.id, None)
                    .await
                    .unwrap();
                social.like(person, &kept.id, None).await.unwrap();
                social.delete_comment(person, &comment.id).await.unwrap();
            }
        }
    });
    let gone = people[..3].iter().map(|person| {
        let social = &social;
        async move {
            let event = departed(
                Uuid::from_u128(person.user().unwrap().as_uuid().as_u128()),
                person,
            );
            social.broker.publish(&[event]).await
        }
    });
    social.broker.release();
    let (_, published) = tokio::join!(join_all(go_on), join_all(gone));
    assert!(published.iter().flatten().all(Result::is_ok));
    for person in &people[..3] {
        assert_eq!(traces(&social, person).await, [0; 9]);
    }
    social.assert_counters().await;
    assert_eq!(social.count("social.posts").await, 4);
    no_post(social.get(ada, &id_of(ada)).await);
}
