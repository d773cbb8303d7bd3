//! Comments and replies.

use std::collections::HashSet;

use chrono::TimeDelta;
use diesel_async::SimpleAsyncConnection;
use futures::future::join_all;
use oruma_proto::social::v1 as proto;
use oruma_test_kit::eventually;

use crate::support::{
    NOTHING, Social, admin, id_of, invalid_fields, naming, no_comment, no_post, not_author,
    start_time, student, time,
};

/// O-019: a comment comes back as it is read later.
#[tokio::test(flavor = "multi_thread")]
async fn a_comment_is_what_was_written() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let post = social.post(&ada, "hello").await;
    let comment = social
        .comment(&bob, &post.id, " Cafe\u{301}?\r\n<b> ")
        .await;
    assert_eq!(&comment.id[14..15], "7", "a UUIDv7");
    assert_eq!(
        (comment.number, comment.content.as_str()),
        (1, "Café?\n<b>")
    );
    assert_eq!(
        (&comment.post_id, comment.parent_id.as_str()),
        (&post.id, "")
    );
    assert_eq!(comment.author_id, id_of(&bob));
    assert_eq!(
        (comment.like_count, comment.reply_count, comment.liked),
        (0, 0, false)
    );
    assert_eq!(time(comment.created_at), start_time());
    assert_eq!(social.comments_of(&ada, &post.id).await, [comment]);
    assert_eq!(social.get(&ada, &post.id).await.unwrap().comment_count, 1);
}

/// O-019: texts of comments have the limits of posts.
#[tokio::test(flavor = "multi_thread")]
async fn comments_have_their_limits() {
    let social = Social::start().await;
    let ada = student(1);
    let post = social.post(&ada, "hello").await;
    social.comment(&ada, &post.id, &"😀".repeat(2_000)).await;
    for wrong in ["", " \n ", &"a".repeat(2_001), "a\0b", "\u{1b}[0m"] {
        let refusal = social.try_comment(&ada, &post.id, "", wrong).await;
        assert_eq!(invalid_fields(refusal), ["content"], "{wrong:?}");
    }
    // What is not there is said before what is wrong.
    no_post(social.try_comment(&ada, NOTHING, "", "").await);
    assert_eq!(social.get(&ada, &post.id).await.unwrap().comment_count, 1);
}

/// O-018, O-019: replies nest one level: a reply to a reply joins its thread.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_to_a_reply_joins_its_thread() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let post = social.post(&ada, "hello").await;
    let first = social.comment(&ada, &post.id, "first").await;
    social.clock.advance(TimeDelta::seconds(1));
    let reply = social.reply(&bob, &first, "reply").await;
    social.clock.advance(TimeDelta::seconds(1));
    let deep = social.reply(&ada, &reply, "reply to the reply").await;
    assert_eq!((&reply.parent_id, &deep.parent_id), (&first.id, &first.id));
    let second = social.comment(&bob, &post.id, "second").await;
    let listed = social.comments_of(&ada, &post.id).await;
    let expected = [
        proto::Comment {
            reply_count: 2,
            replies: vec![reply.clone(), deep.clone()],
            ..first.clone()
        },
        second,
    ];
    assert_eq!(listed, expected);
    assert_eq!(social.get(&ada, &post.id).await.unwrap().comment_count, 4);
    let of_first = social
        .list_comments(&ada, &post.id, &first.id, 10, "")
        .await;
    assert_eq!(of_first.unwrap().comments, [reply, deep]);
    social.assert_counters().await;
}

/// O-019: a parent is a comment of the same post.
#[tokio::test(flavor = "multi_thread")]
async fn a_parent_belongs_to_the_same_post() {
    let social = Social::start().await;
    let ada = student(1);
    let post = social.post(&ada, "one").await;
    let other = social.post(&ada, "two").await;
    let elsewhere = social.comment(&ada, &other.id, "elsewhere").await;
    for wrong in [elsewhere.id.as_str(), &post.id, NOTHING, "nonsense"] {
        let refusal = social.try_comment(&ada, &post.id, wrong, "hello").await;
        assert_eq!(invalid_fields(refusal), ["parent_id"]);
    }
    for wrong in [elsewhere.id.as_str(), NOTHING, "nonsense"] {
        no_comment(social.list_comments(&ada, &post.id, wrong, 10, "").await);
    }
    social.assert_counters().await;
}

/// O-018: comments come oldest first, page by page, each with its replies.
#[tokio::test(flavor = "multi_thread")]
async fn comments_are_paged_with_their_replies() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let post = social.post(&ada, "hello").await;
    for nth in 0..12 {
        let comment = social
            .comment(&ada, &post.id, &format!("comment {nth}"))
            .await;
        for reply in 0..nth % 3 {
            social
                .reply(&bob, &comment, &format!("reply {nth} {reply}"))
                .await;
        }
        // Some of one moment.
        if nth % 3 == 0 {
            social.clock.advance(TimeDelta::seconds(1));
        }
    }
    let whole = social.comments_of(&bob, &post.id).await;
    assert_eq!(whole.len(), 12);
    assert!(whole.is_sorted_by_key(|comment| (time(comment.created_at), comment.id.clone())));
    for comment in &whole {
        let nth: i64 = comment
            .content
            .strip_prefix("comment ")
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(comment.reply_count, nth % 3);
        assert_eq!(comment.replies.len(), usize::try_from(nth % 3).unwrap());
        for reply in &comment.replies {
            assert!(reply.content.starts_with(&format!("reply {nth} ")));
            assert_eq!(reply.parent_id, comment.id);
        }
    }
    let mut walked = Vec::new();
    let mut token = String::new();
    loop {
        let page = social
            .list_comments(&bob, &post.id, "", 5, &token)
            .await
            .unwrap();
        walked.extend(page.comments);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(walked, whole);
    assert_eq!(
        social
            .list_comments(&bob, &post.id, "", 0, "")
            .await
            .unwrap()
            .comments
            .len(),
        10
    );
}

/// O-018: a comment is shown with fifty replies; all of them are listed by their parent.
#[tokio::test(flavor = "multi_thread")]
async fn more_replies_than_shown_are_listed_by_their_parent() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let post = social.post(&ada, "hello").await;
    let comment = social.comment(&ada, &post.id, "popular").await;
    for nth in 0..57 {
        social.reply(&bob, &comment, &format!("{nth:02}")).await;
        social.clock.advance(TimeDelta::seconds(1));
    }
    let shown = &social.comments_of(&ada, &post.id).await[0];
    assert_eq!((shown.reply_count, shown.replies.len()), (57, 50));
    let page = social
        .list_comments(&ada, &post.id, &comment.id, 999, "")
        .await
        .unwrap();
    assert_eq!(page.comments, shown.replies);
    let rest = social
        .list_comments(&ada, &post.id, &comment.id, 999, &page.next_page_token)
        .await
        .unwrap();
    let contents: Vec<String> = page
        .comments
        .iter()
        .chain(&rest.comments)
        .map(|reply| reply.content.clone())
        .collect();
    assert_eq!(
        contents,
        (0..57).map(|nth| format!("{nth:02}")).collect::<Vec<_>>()
    );
    assert_eq!(rest.next_page_token, "");
}

/// O-018: page tokens of comments belong to their post and thread.
#[tokio::test(flavor = "multi_thread")]
async fn page_tokens_belong_to_their_comments() {
    let social = Social::start().await;
    let ada = student(1);
    let mut lists = Vec::new();
    for content in ["one", "two"] {
        let post = social.post(&ada, content).await;
        let comment = social.comment(&ada, &post.id, "comment").await;
        social.comment(&ada, &post.id, "comment").await;
        for _ in 0..2 {
            social.reply(&ada, &comment, "reply").await;
        }
        lists.push((post.id.clone(), String::new()));
        lists.push((post.id, comment.id));
    }
    for (post, parent) in &lists {
        let page = social
            .list_comments(&ada, post, parent, 1, "")
            .await
            .unwrap();
        assert!(!page.next_page_token.is_empty());
        for other in &lists {
            let answer = social
                .list_comments(&ada, &other.0, &other.1, 1, &page.next_page_token)
                .await;
            if *other == (post.clone(), parent.clone()) {
                answer.unwrap();
            } else {
                assert_eq!(invalid_fields(answer), ["page_token"]);
            }
        }
        for forged in ["nonsense", "\0"] {
            let answer = social.list_comments(&ada, post, parent, 1, forged).await;
            assert_eq!(invalid_fields(answer), ["page_token"]);
        }
        let answer = social.list_comments(&ada, post, parent, -1, "").await;
        assert_eq!(invalid_fields(answer), ["page_size"]);
    }
}

/// O-021: a comment goes with its replies and their likes, and all are uncounted.
#[tokio::test(flavor = "multi_thread")]
async fn a_comment_goes_with_its_replies() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let post = social.post(&ada, "hello").await;
    let first = social.comment(&bob, &post.id, "first").await;
    let second = social.comment(&ada, &post.id, "second").await;
    let reply = social.reply(&ada, &first, "reply").await;
    social.reply(&ada, &first, "another").await;
    let kept = social.reply(&bob, &second, "kept").await;
    social.like_comment(&ada, &reply.id, None).await.unwrap();

    social.delete_comment(&ada, &reply.id).await.unwrap();
    assert_eq!(social.comments_of(&ada, &post.id).await[0].reply_count, 1);
    social.assert_counters().await;
    social.delete_comment(&bob, &first.id).await.unwrap();
    assert_eq!(social.get(&ada, &post.id).await.unwrap().comment_count, 2);
    let left = social.comments_of(&ada, &post.id).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].replies, [kept]);
    assert_eq!(social.count("social.comment_likes").await, 0);
    no_comment(social.delete_comment(&bob, &first.id).await);
    no_comment(social.like_comment(&bob, &reply.id, None).await);
    let refusal = social.try_comment(&ada, &post.id, &first.id, "late").await;
    assert_eq!(invalid_fields(refusal), ["parent_id"]);
    social.assert_counters().await;
}

/// O-021: a removal locks the comment before the reply, like whoever takes back the likes of both: neither waits for the other for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_removal_locks_the_older_comment_first() {
    let social = Social::start().await;
    let ada = student(1);
    let post = social.post(&ada, "hello").await;
    let comment = social.comment(&ada, &post.id, "comment").await;
    let reply = social.reply(&ada, &comment, "reply").await;
    let database = social.database.connect();
    let mut other = database.reader().await.unwrap();
    let lock = |id: &str| {
        format!("SELECT FROM social.comments WHERE id = '{id}' FOR NO KEY UPDATE NOWAIT")
    };
    other.batch_execute("BEGIN").await.unwrap();
    other.batch_execute(&lock(&comment.id)).await.unwrap();
    let removal = social.delete_comment(&ada, &reply.id);
    let meanwhile = async {
        eventually("the removal waits", || async {
            let waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            !social.rows(waiting).await.is_empty()
        })
        .await;
        other.batch_execute(&lock(&reply.id)).await.unwrap();
        other.batch_execute("COMMIT").await.unwrap();
    };
    let (removed, ()) = tokio::join!(removal, meanwhile);
    removed.unwrap();
    social.assert_counters().await;
}

/// O-021, O-177: only its author and administrators remove a comment; the author of the post is a stranger to it.
#[tokio::test(flavor = "multi_thread")]
async fn only_its_author_and_administrators_remove_a_comment() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let post = social.post(&ada, "hello").await;
    let one = social.comment(&bob, &post.id, "one").await;
    let two = social.reply(&bob, &one, "two").await;
    for comment in [&one, &two] {
        for stranger in [&ada, &student(3)] {
            not_author(social.delete_comment(stranger, &comment.id).await);
        }
    }
    social.delete_comment(&admin(), &two.id).await.unwrap();
    social.delete_comment(&bob, &one.id).await.unwrap();
    let by: HashSet<String> = social.outbox().await[3..]
        .iter()
        .map(|event| event.data["deletedBy"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(by, HashSet::from([id_of(&admin()), id_of(&bob)]));
}

/// K-15: however many repetitions of a request come at once, they make one comment, which counts once.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_makes_one_comment() {
    let social = Social::start().await;
    let post = social.post(&student(1), "talk to me").await;
    let named = naming(&student(2), 7);
    let made = join_all((0..8).map(|_| social.comment(&named, &post.id, "once"))).await;
    assert!(made.iter().all(|comment| comment.id == made[0].id));
    let seen = social.get(&student(1), &post.id).await.unwrap();
    assert_eq!(seen.comment_count, 1);
}
