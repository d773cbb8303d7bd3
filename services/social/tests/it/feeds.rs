//! Lists of posts: what is in them, in which order, and page by page.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use oruma_proto::social::v1 as proto;
use oruma_proto::social::v1::Visibility;
use oruma_proto::social::v1::list_posts_request::Of;
use oruma_service_runtime::{Caller, Role};

use crate::support::{
    MIT, STANFORD, Social, admin, change, id_of, invalid_fields, no_comment, no_post, not_author,
    person_of, student, text, words,
};

fn university(name: &str) -> Option<Of> {
    Some(Of::University(name.to_owned()))
}

fn author(caller: &Caller) -> Option<Of> {
    Some(Of::AuthorId(id_of(caller)))
}

fn hashtag(tag: &str) -> Option<Of> {
    Some(Of::Hashtag(tag.to_owned()))
}

const SAVED: Option<Of> = Some(Of::Saved(true));

/// All pages of a list, one after the other.
async fn walk(social: &Social, caller: &Caller, of: Option<Of>, size: i32) -> Vec<proto::Post> {
    let mut posts = Vec::new();
    let mut token = String::new();
    loop {
        let page = social.list(caller, of.clone(), size, &token).await.unwrap();
        assert!(page.posts.len() <= usize::try_from(size).unwrap());
        posts.extend(page.posts);
        token = page.next_page_token;
        if token.is_empty() {
            return posts;
        }
    }
}

// === what is in them ===

/// O-011, O-023, O-024, O-178: each list has its posts, newest first.
#[tokio::test(flavor = "multi_thread")]
async fn each_list_has_its_posts_newest_first() {
    let social = Social::start().await;
    let ada = student(1);
    let eve = person_of(3, MIT, Role::User);
    let none = person_of(4, "", Role::User);
    for (caller, content) in [
        (&ada, "one #Lunch"),
        (&eve, "two #lunch #Öğle"),
        (&none, "three"),
        (&ada, "four #lunchtime"),
    ] {
        social.post(caller, content).await;
        social.clock.advance(TimeDelta::seconds(1));
    }
    let all = ["four #lunchtime", "three", "two #lunch #Öğle", "one #Lunch"];
    assert_eq!(social.texts(&eve, None).await, all);
    let of_stanford = ["four #lunchtime", "one #Lunch"];
    assert_eq!(social.texts(&eve, university(STANFORD)).await, of_stanford);
    assert_eq!(
        social.texts(&ada, university(MIT)).await,
        ["two #lunch #Öğle"]
    );
    assert_eq!(social.texts(&ada, university("")).await, ["three"]);
    assert_eq!(social.texts(&eve, author(&ada)).await, of_stanford);
    for tag in ["lunch", "#lunch", "#LUNCH", " Lunch "] {
        let tagged = ["two #lunch #Öğle", "one #Lunch"];
        assert_eq!(social.texts(&ada, hashtag(tag)).await, tagged, "{tag}");
    }
    assert_eq!(
        social.texts(&ada, hashtag("#ÖĞLE")).await,
        ["two #lunch #Öğle"]
    );
    // Decomposed, as some systems type it.
    let decomposed = hashtag("o\u{308}g\u{306}le");
    assert_eq!(social.texts(&ada, decomposed).await, ["two #lunch #Öğle"]);
    for nothing in [
        university("Nowhere"),
        university("a\0b"),
        hashtag("unused"),
        author(&admin()),
    ] {
        assert!(
            social.texts(&ada, nothing.clone()).await.is_empty(),
            "{nothing:?}"
        );
    }
}

/// O-023: a post is found by the hashtags that it has now.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_moves_a_post_between_hashtags() {
    let social = Social::start().await;
    let ada = student(1);
    let post = social.post(&ada, "#old #both").await;
    let request = proto::UpdatePostRequest {
        content: Some("#new #both".to_owned()),
        ..change(&post)
    };
    social.update(&ada, request).await.unwrap();
    assert!(social.texts(&ada, hashtag("old")).await.is_empty());
    for tag in ["new", "both"] {
        assert_eq!(social.texts(&ada, hashtag(tag)).await, ["#new #both"]);
    }
}

/// O-017: saved posts are the caller's own list, by when they were saved.
#[tokio::test(flavor = "multi_thread")]
async fn saved_posts_come_last_saved_first() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let mut ids = Vec::new();
    for content in ["one", "two", "three", "four"] {
        ids.push(social.post(&ada, content).await.id);
    }
    for nth in [2, 0, 3, 1] {
        social.clock.advance(TimeDelta::seconds(1));
        social.save(&bob, &ids[nth], Some(true)).await.unwrap();
    }
    social.save(&bob, &ids[3], Some(false)).await.unwrap();
    social.save(&ada, &ids[3], Some(true)).await.unwrap();
    assert_eq!(social.texts(&bob, SAVED).await, ["two", "one", "three"]);
    assert_eq!(social.texts(&ada, SAVED).await, ["four"]);
    let walked = walk(&social, &bob, SAVED, 1).await;
    assert!(walked.iter().all(|post| post.saved && post.save_count == 1));
    assert_eq!(walked.len(), 3);
    // What is saved and then hidden is not shown any more.
    let hide = proto::UpdatePostRequest {
        post_id: ids[0].clone(),
        visibility: Some(Visibility::Private.into()),
        ..Default::default()
    };
    social.update(&ada, hide).await.unwrap();
    assert_eq!(social.texts(&bob, SAVED).await, ["two", "three"]);
}

/// O-011, O-023, O-024: what names no list is refused, naming the field.
#[tokio::test(flavor = "multi_thread")]
async fn lists_that_are_none_are_refused() {
    let social = Social::start().await;
    let ada = student(1);
    for (of, field) in [
        (Of::AuthorId("nobody".to_owned()), "author_id"),
        (Of::AuthorId(String::new()), "author_id"),
        (Of::Hashtag("two words".to_owned()), "hashtag"),
        (Of::Hashtag("a\0b".to_owned()), "hashtag"),
        (Of::Saved(false), "saved"),
    ] {
        let refusal = social.list(&ada, Some(of), 10, "").await;
        assert_eq!(invalid_fields(refusal), [field]);
    }
}

// === who sees what ===

/// O-013, O-176, K-28: one rule of who may see a post holds for every way to it.
#[tokio::test(flavor = "multi_thread")]
async fn visibility_is_the_same_for_every_call() {
    let social = Social::start().await;
    let ada = student(1);
    let viewers: [(Caller, &[Visibility]); 5] = [
        (
            ada.clone(),
            &[
                Visibility::Public,
                Visibility::University,
                Visibility::Followers,
                Visibility::Space,
                Visibility::Private,
            ],
        ),
        (student(2), &[Visibility::Public, Visibility::University]),
        (person_of(3, MIT, Role::User), &[Visibility::Public]),
        (person_of(4, "", Role::User), &[Visibility::Public]),
        (admin(), &[Visibility::Public]),
    ];
    let mut posts: HashMap<Visibility, (String, String)> = HashMap::new();
    for visibility in viewers[0].1 {
        let request = proto::CreatePostRequest {
            visibility: (*visibility).into(),
            ..text("peculiar #matrix")
        };
        let post = social.create(&ada, request).await.unwrap();
        let comment = social.comment(&ada, &post.id, "first").await;
        posts.insert(*visibility, (post.id, comment.id));
    }
    for (viewer, seen) in &viewers {
        let expected: HashSet<&String> =
            seen.iter().map(|visibility| &posts[visibility].0).collect();
        for of in [None, university(STANFORD), author(&ada), hashtag("matrix")] {
            let listed = walk(&social, viewer, of.clone(), 2).await;
            assert_eq!(
                listed.iter().map(|post| &post.id).collect::<HashSet<_>>(),
                expected,
                "{of:?}"
            );
            assert_eq!(listed.len(), expected.len());
        }
        let found = social
            .search(viewer, words("peculiar"))
            .await
            .unwrap()
            .posts;
        assert_eq!(
            found.iter().map(|post| &post.id).collect::<HashSet<_>>(),
            expected
        );
        for (visibility, (post, comment)) in &posts {
            if seen.contains(visibility) {
                assert_eq!(
                    social.get(viewer, post).await.unwrap().visibility(),
                    *visibility
                );
                social.like(viewer, post, Some(true)).await.unwrap();
                social.save(viewer, post, Some(true)).await.unwrap();
                social
                    .like_comment(viewer, comment, Some(true))
                    .await
                    .unwrap();
                social
                    .try_comment(viewer, post, comment, "me too")
                    .await
                    .unwrap();
                assert!(!social.comments_of(viewer, post).await.is_empty());
            } else {
                no_post(social.get(viewer, post).await);
                no_post(social.like(viewer, post, Some(true)).await);
                no_post(social.save(viewer, post, Some(true)).await);
                no_comment(social.like_comment(viewer, comment, Some(true)).await);
                no_post(social.try_comment(viewer, post, "", "me too").await);
                no_post(social.list_comments(viewer, post, "", 10, "").await);
                let request = proto::UpdatePostRequest {
                    post_id: post.clone(),
                    ..Default::default()
                };
                no_post(social.update(viewer, request).await);
                if *viewer != admin() {
                    no_post(social.delete(viewer, post).await);
                    no_comment(social.delete_comment(viewer, comment).await);
                }
            }
        }
    }
    // An administrator removes what no other stranger can even see.
    social
        .delete_comment(&admin(), &posts[&Visibility::Space].1)
        .await
        .unwrap();
    social
        .delete(&admin(), &posts[&Visibility::Private].0)
        .await
        .unwrap();
    not_author(
        social
            .delete(&student(2), &posts[&Visibility::University].0)
            .await,
    );
    social.assert_counters().await;
}

/// O-176: two people without a university have none in common.
#[tokio::test(flavor = "multi_thread")]
async fn no_university_is_not_a_common_one() {
    let social = Social::start().await;
    let request = proto::CreatePostRequest {
        visibility: Visibility::University.into(),
        ..text("alone")
    };
    let post = social
        .create(&person_of(1, "", Role::User), request)
        .await
        .unwrap();
    no_post(social.get(&person_of(2, "", Role::User), &post.id).await);
    assert_eq!(
        social.texts(&person_of(1, "", Role::User), None).await,
        ["alone"]
    );
}

// === page by page ===

/// O-011: pages have ten posts where nothing is said, and never more than fifty.
#[tokio::test(flavor = "multi_thread")]
async fn page_sizes_are_bounded() {
    let social = Social::start().await;
    let ada = student(1);
    for nth in 0..52 {
        social.post(&ada, &format!("post {nth}")).await;
    }
    for (asked, given) in [(0, 10), (1, 1), (50, 50), (51, 50), (i32::MAX, 50)] {
        let page = social.list(&ada, None, asked, "").await.unwrap();
        assert_eq!(page.posts.len(), given);
        assert!(!page.next_page_token.is_empty());
    }
    let refusal = social.list(&ada, None, -1, "").await;
    assert_eq!(invalid_fields(refusal), ["page_size"]);
    // A full last page is the last.
    let last = social.list(&ada, None, 2, "").await.unwrap();
    let mut token = last.next_page_token;
    for _ in 0..25 {
        token = social
            .list(&ada, None, 2, &token)
            .await
            .unwrap()
            .next_page_token;
    }
    assert_eq!(token, "");
}

/// O-011: posts of one moment are paged by their ids: none twice, none missing.
#[tokio::test(flavor = "multi_thread")]
async fn posts_of_one_moment_are_paged_too() {
    let social = Social::start().await;
    let ada = student(1);
    let mut written = Vec::new();
    for nth in 0..23 {
        let post = social.post(&ada, &format!("post {nth} #same")).await;
        social.save(&ada, &post.id, None).await.unwrap();
        written.push(post.id);
    }
    written.sort();
    written.reverse();
    for of in [
        None,
        university(STANFORD),
        author(&ada),
        hashtag("same"),
        SAVED,
    ] {
        let walked = walk(&social, &ada, of, 5).await;
        let walked: Vec<String> = walked.into_iter().map(|post| post.id).collect();
        assert_eq!(walked, written);
    }
}

/// O-011: whoever turns pages while others write and remove sees each old post once.
#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_still_while_others_write_and_remove() {
    let social = Arc::new(Social::start().await);
    let ada = student(1);
    let mut old = Vec::new();
    for nth in 0..40 {
        old.push(social.post(&ada, &format!("old {nth} #walk")).await.id);
        // Two of one moment each.
        if nth % 2 == 1 {
            social.clock.advance(TimeDelta::seconds(1));
        }
    }
    let removed: Vec<String> = old.iter().step_by(5).cloned().collect();
    old.retain(|id| !removed.contains(id));
    social.clock.advance(TimeDelta::minutes(1));
    let over = Arc::new(AtomicBool::new(false));
    let noise = tokio::spawn({
        let (social, over) = (Arc::clone(&social), Arc::clone(&over));
        async move {
            let bob = student(2);
            let mut removed = removed.into_iter();
            while !over.load(Ordering::SeqCst) {
                let post = social.post(&bob, "noise #walk").await;
                social.delete(&bob, &post.id).await.unwrap();
                social.post(&bob, "noise #walk").await;
                if let Some(id) = removed.next() {
                    social.delete(&student(1), &id).await.unwrap();
                }
            }
        }
    });
    for of in [None, university(STANFORD), hashtag("walk"), author(&ada)] {
        for size in [3, 7] {
            let walked = walk(&social, &student(3), of.clone(), size).await;
            let mut seen: HashMap<&str, usize> = HashMap::new();
            for post in &walked {
                *seen.entry(&post.id).or_default() += 1;
            }
            assert!(seen.values().all(|times| *times == 1), "nothing twice");
            assert!(
                old.iter().all(|id| seen.contains_key(id.as_str())),
                "nothing missing"
            );
            assert!(walked.is_sorted_by_key(|post| {
                let time = post.created_at.unwrap();
                std::cmp::Reverse((time.seconds, time.nanos, post.id.clone()))
            }));
        }
    }
    over.store(true, Ordering::SeqCst);
    noise.await.unwrap();
}

/// O-011, O-022, O-023, O-024: a page token opens the list that it was made for, and no other.
#[tokio::test(flavor = "multi_thread")]
async fn page_tokens_belong_to_their_list() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    for nth in 0..3 {
        for person in [&ada, &bob] {
            let post = social
                .post(person, &format!("post {nth} #tag #other"))
                .await;
            for saver in [&ada, &bob] {
                social.save(saver, &post.id, Some(true)).await.unwrap();
            }
        }
    }
    let lists = [
        None,
        university(STANFORD),
        author(&ada),
        author(&bob),
        hashtag("tag"),
        hashtag("other"),
        SAVED,
    ];
    let mut tokens = Vec::new();
    for of in &lists {
        let page = social.list(&ada, of.clone(), 1, "").await.unwrap();
        tokens.push(page.next_page_token);
    }
    for (nth, of) in lists.iter().enumerate() {
        for (other, token) in tokens.iter().enumerate() {
            let answer = social.list(&ada, of.clone(), 1, token).await;
            if nth == other {
                answer.unwrap();
            } else {
                assert_eq!(invalid_fields(answer), ["page_token"], "{of:?}");
            }
        }
        let mut changed = tokens[nth].clone();
        changed.replace_range(3..4, if &changed[3..4] == "A" { "B" } else { "A" });
        for forged in [
            changed.as_str(),
            "nonsense",
            "AAAA",
            "\0",
            &"A".repeat(5_000),
        ] {
            let answer = social.list(&ada, of.clone(), 1, forged).await;
            assert_eq!(invalid_fields(answer), ["page_token"]);
        }
        let search = proto::SearchPostsRequest {
            page_token: tokens[nth].clone(),
            ..words("post")
        };
        assert_eq!(
            invalid_fields(social.search(&ada, search).await),
            ["page_token"]
        );
    }
    // What one person saved is no list of another.
    let of_ada = social
        .list(&ada, SAVED, 1, "")
        .await
        .unwrap()
        .next_page_token;
    let refusal = social.list(&bob, SAVED, 1, &of_ada).await;
    assert_eq!(invalid_fields(refusal), ["page_token"]);
}
