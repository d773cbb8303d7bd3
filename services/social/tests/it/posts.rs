//! Writing, reading, changing and removing posts.

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_proto::social::v1 as proto;
use oruma_proto::social::v1::Visibility;
use oruma_rpc_error::ErrorCode;

use crate::support::{
    NOTHING, STANFORD, Social, change, guest, id_of, invalid_fields, list_of, naming, no_post,
    refused, start_time, student, text, time,
};

// === writing ===

/// O-012: what comes back, and what is read later, is what was sent, with what the service adds.
#[tokio::test(flavor = "multi_thread")]
async fn a_post_is_what_its_author_wrote() {
    let social = Social::start().await;
    let ada = student(1);
    let image = social.media.upload(ada.user().unwrap(), "one");
    let written = social
        .create(
            &ada,
            proto::CreatePostRequest {
                content: " Soup with @bob\r\nat noon #Lunch <script> ".to_owned(),
                r#type: "food".to_owned(),
                location: "Canteen".to_owned(),
                images: vec![image.clone()],
                hashtags: list_of(&["#Soup", "lunch", "soup"]),
                mentions: list_of(&["@Eve", "bob"]),
                visibility: Visibility::University.into(),
            },
        )
        .await
        .unwrap();
    assert_eq!(&written.id[14..15], "7", "a UUIDv7");
    assert_eq!(written.number, 1);
    assert_eq!(written.author_id, id_of(&ada));
    assert_eq!(written.university, STANFORD);
    assert_eq!(written.content, "Soup with @bob\nat noon #Lunch <script>");
    assert_eq!(
        (written.r#type.as_str(), written.location.as_str()),
        ("food", "Canteen")
    );
    assert_eq!(written.images, [image]);
    assert_eq!(written.hashtags, ["soup", "lunch"]);
    assert_eq!(written.mentions, ["eve", "bob"]);
    assert_eq!(written.visibility(), Visibility::University);
    assert_eq!((written.like_count, written.comment_count), (0, 0));
    assert_eq!((written.save_count, written.view_count), (0, 0));
    assert_eq!((written.liked, written.saved), (false, false));
    assert_eq!(time(written.created_at), start_time());
    assert_eq!(time(written.updated_at), start_time());
    assert_eq!(social.get(&ada, &written.id).await.unwrap(), written);
}

/// O-012: a text is all that is needed.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_alone_is_a_general_public_post() {
    let social = Social::start().await;
    let post = social.post(&student(1), "hello").await;
    assert_eq!(post.r#type, "general");
    assert_eq!(post.visibility(), Visibility::Public);
    assert_eq!(post.location, "");
    assert!(post.images.is_empty() && post.hashtags.is_empty() && post.mentions.is_empty());
}

/// O-156, O-158: 1 to 2,000 code points, without control characters, in NFC.
#[tokio::test(flavor = "multi_thread")]
async fn texts_have_their_limits() {
    let social = Social::start().await;
    let ada = student(1);
    for long in ["😀".repeat(2_000), "e\u{301}".repeat(2_000)] {
        let post = social.post(&ada, &long).await;
        assert_eq!(post.content.chars().count(), 2_000);
    }
    assert_eq!(social.post(&ada, "Cafe\u{301}").await.content, "Café");
    assert_eq!(social.post(&ada, "a\tb\nc").await.content, "a\tb\nc");
    let before = social.count("social.posts").await;
    for wrong in [
        "",
        " \n\t ",
        &"a".repeat(2_001),
        "a\0b",
        "a\u{1b}[31m",
        "\u{85}x\u{9f}y",
    ] {
        let refusal = social.create(&ada, text(wrong)).await;
        assert_eq!(invalid_fields(refusal), ["content"], "{wrong:?}");
    }
    assert_eq!(social.count("social.posts").await, before);
}

/// O-012, O-157, O-159, O-160: each wrong field is named, all at once.
#[tokio::test(flavor = "multi_thread")]
async fn all_wrong_fields_are_named_together() {
    let social = Social::start().await;
    let wrong = proto::CreatePostRequest {
        content: String::new(),
        r#type: "sport".to_owned(),
        location: "two\nlines".to_owned(),
        images: (0..6).map(|nth| format!("posts/{nth}.jpg")).collect(),
        hashtags: list_of(&["good", "not good"]),
        mentions: (0..11).map(|nth| format!("p{nth}")).collect(),
        ..Default::default()
    };
    let named = [
        "content",
        "location",
        "images",
        "type",
        "hashtags[1]",
        "mentions",
    ];
    assert_eq!(
        invalid_fields(social.create(&student(1), wrong).await),
        named
    );
    assert!(
        social.media.claimed().is_empty(),
        "nothing is claimed in vain"
    );
}

/// O-159, O-160: given and found tags are joined, each once whatever its case and form, and counted together.
#[tokio::test(flavor = "multi_thread")]
async fn tags_are_the_union_of_given_and_found_ones() {
    let social = Social::start().await;
    let ada = student(1);
    let ten = (0..10)
        .map(|nth| format!("#t{nth} @p{nth}"))
        .collect::<Vec<_>>()
        .join(" ");
    let full = proto::CreatePostRequest {
        hashtags: list_of(&["T0", "#t1"]),
        mentions: list_of(&["P0", "@p1"]),
        ..text(&ten)
    };
    let post = social.create(&ada, full.clone()).await.unwrap();
    assert_eq!((post.hashtags.len(), post.mentions.len()), (10, 10));
    let more = proto::CreatePostRequest {
        hashtags: list_of(&["another"]),
        mentions: list_of(&["another"]),
        ..full
    };
    let refusal = social.create(&ada, more).await;
    assert_eq!(invalid_fields(refusal), ["hashtags", "mentions"]);
    let composed = proto::CreatePostRequest {
        hashtags: list_of(&["cafe\u{301}"]),
        ..text("Now at #Café")
    };
    assert_eq!(
        social.create(&ada, composed).await.unwrap().hashtags,
        ["café"]
    );
}

/// O-012: a visibility of tomorrow is no public post of today.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_visibility_is_refused() {
    let social = Social::start().await;
    let ada = student(1);
    let strange = proto::CreatePostRequest {
        visibility: 77,
        ..text("secret")
    };
    assert_eq!(
        invalid_fields(social.create(&ada, strange).await),
        ["visibility"]
    );
    let post = social.post(&ada, "known").await;
    let strange = proto::UpdatePostRequest {
        visibility: Some(77),
        ..change(&post)
    };
    assert_eq!(
        invalid_fields(social.update(&ada, strange).await),
        ["visibility"]
    );
}

// === images ===

/// O-012, O-157: five pictures are fine, a sixth is not, and each must be the author's own.
#[tokio::test(flavor = "multi_thread")]
async fn images_are_the_authors_own() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let own: Vec<String> = (0..6)
        .map(|nth| social.media.upload(ada.user().unwrap(), &nth.to_string()))
        .collect();
    let foreign = social.media.upload(bob.user().unwrap(), "foreign");
    let with = |images: &[String]| proto::CreatePostRequest {
        images: images.to_vec(),
        ..text("look")
    };
    let post = social.create(&ada, with(&own[..5])).await.unwrap();
    assert_eq!(post.images, own[..5]);
    assert_eq!(social.media.claimed(), [own[..5].to_vec()]);
    assert_eq!(
        invalid_fields(social.create(&ada, with(&own)).await),
        ["images"]
    );
    let twice = with(&[own[0].clone(), own[0].clone()]);
    assert_eq!(
        invalid_fields(social.create(&ada, twice).await),
        ["images[1]"]
    );
    for strange in [foreign, "posts/unknown.jpg".to_owned(), "../x".to_owned()] {
        let mixed = with(&[own[0].clone(), strange]);
        assert_eq!(
            invalid_fields(social.create(&ada, mixed).await),
            ["images[1]"]
        );
    }
    assert_eq!(social.count("social.posts").await, 1);
}

/// O-014, O-157: pictures that stay are not asked for again, and a wrong one is named by its place among all.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_claims_new_images_only() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let upload = |name: &str| social.media.upload(ada.user().unwrap(), name);
    let (one, two, three) = (upload("one"), upload("two"), upload("three"));
    let foreign = social.media.upload(bob.user().unwrap(), "foreign");
    let with_images = proto::CreatePostRequest {
        images: vec![one.clone(), two.clone()],
        ..text("look")
    };
    let post = social.create(&ada, with_images).await.unwrap();
    let to = |images: Vec<&String>| proto::UpdatePostRequest {
        images: Some(proto::TextList {
            values: images.into_iter().cloned().collect(),
        }),
        ..change(&post)
    };
    let refusal = social.update(&ada, to(vec![&two, &foreign, &one])).await;
    assert_eq!(invalid_fields(refusal), ["images[1]"]);
    let claims = social.media.claimed().len();
    let turned = social.update(&ada, to(vec![&two, &one])).await.unwrap();
    assert_eq!(turned.images, [two.clone(), one.clone()]);
    assert_eq!(
        social.media.claimed().len(),
        claims,
        "nothing new, nothing asked"
    );
    // Nor does a change need the service when it names nothing new.
    social.media.be_away(true);
    let one_only = social.update(&ada, to(vec![&one])).await.unwrap();
    assert_eq!(one_only.images, std::slice::from_ref(&one));
    let refusal = social.update(&ada, to(vec![&one, &three])).await;
    refused(refusal, ErrorCode::Unavailable, "unavailable");
    social.media.be_away(false);
    let more = social.update(&ada, to(vec![&one, &three])).await.unwrap();
    assert_eq!(more.images, [one, three.clone()]);
    assert_eq!(social.media.claimed().last().unwrap(), &[three]);
    assert!(
        social
            .update(&ada, to(vec![]))
            .await
            .unwrap()
            .images
            .is_empty()
    );
}

/// O-012: without the media service there are posts, but none with new pictures, and the refusal says to try again.
#[tokio::test(flavor = "multi_thread")]
async fn without_media_only_pictures_wait() {
    let social = Social::start().await;
    let ada = student(1);
    let image = social.media.upload(ada.user().unwrap(), "one");
    social.media.be_away(true);
    let with_image = proto::CreatePostRequest {
        images: vec![image],
        ..text("look")
    };
    let refusal = social.create(&ada, with_image.clone()).await;
    let refusal = refused(refusal, ErrorCode::Unavailable, "unavailable");
    assert!(refusal.retry_after.is_some());
    assert_eq!(social.count("social.posts").await, 0);
    social.post(&ada, "no picture").await;
    social.media.be_away(false);
    social.create(&ada, with_image).await.unwrap();
}

// === changing ===

/// O-014: a change touches what it names, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_changes_only_what_is_sent() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let before = social
        .create(
            &ada,
            proto::CreatePostRequest {
                r#type: "food".to_owned(),
                location: "Canteen".to_owned(),
                hashtags: list_of(&["given"]),
                mentions: list_of(&["bob"]),
                ..text("soup #found by @eve")
            },
        )
        .await
        .unwrap();
    social.like(&ada, &before.id, Some(true)).await.unwrap();
    social.save(&ada, &before.id, Some(true)).await.unwrap();
    social.like(&bob, &before.id, Some(true)).await.unwrap();
    social.clock.advance(TimeDelta::minutes(1));

    let new_text = proto::UpdatePostRequest {
        content: Some("cake #new".to_owned()),
        ..change(&before)
    };
    let after = social.update(&ada, new_text).await.unwrap();
    let expected = proto::Post {
        content: "cake #new".to_owned(),
        hashtags: list_of(&["given", "new"]),
        mentions: list_of(&["bob"]),
        like_count: 2,
        save_count: 1,
        liked: true,
        saved: true,
        updated_at: after.updated_at,
        ..before.clone()
    };
    assert_eq!(after, expected);
    assert_eq!(time(after.updated_at), start_time() + TimeDelta::minutes(1));
    assert_eq!(social.get(&ada, &before.id).await.unwrap(), expected);

    let cleared = proto::UpdatePostRequest {
        r#type: Some("study".to_owned()),
        location: Some(String::new()),
        hashtags: Some(proto::TextList::default()),
        mentions: Some(proto::TextList::default()),
        visibility: Some(Visibility::Private.into()),
        ..change(&before)
    };
    let cleared = social.update(&ada, cleared).await.unwrap();
    let expected = proto::Post {
        r#type: "study".to_owned(),
        location: String::new(),
        hashtags: list_of(&["new"]),
        mentions: Vec::new(),
        visibility: Visibility::Private.into(),
        updated_at: cleared.updated_at,
        ..expected
    };
    assert_eq!(cleared, expected);
    no_post(social.get(&bob, &before.id).await);
}

/// O-014, O-156 to O-160: a change is held to the rules of a new post, and what is wrong changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_obeys_the_rules_of_a_post() {
    let social = Social::start().await;
    let ada = student(1);
    let given: Vec<String> = (0..6).map(|nth| format!("g{nth}")).collect();
    let request = proto::CreatePostRequest {
        hashtags: given,
        ..text("four #a #b #c #d")
    };
    let post = social.create(&ada, request).await.unwrap();
    for (wrong, field) in [
        (
            proto::UpdatePostRequest {
                content: Some("  ".to_owned()),
                ..change(&post)
            },
            "content",
        ),
        (
            proto::UpdatePostRequest {
                content: Some("a".repeat(2_001)),
                ..change(&post)
            },
            "content",
        ),
        (
            proto::UpdatePostRequest {
                r#type: Some("sport".to_owned()),
                ..change(&post)
            },
            "type",
        ),
        (
            proto::UpdatePostRequest {
                location: Some("x".repeat(256)),
                ..change(&post)
            },
            "location",
        ),
        (
            proto::UpdatePostRequest {
                content: Some("five #a #b #c #d #e".to_owned()),
                ..change(&post)
            },
            "hashtags",
        ),
    ] {
        assert_eq!(invalid_fields(social.update(&ada, wrong).await), [field]);
    }
    assert_eq!(social.get(&ada, &post.id).await.unwrap(), post);
    assert_eq!(social.kinds().await, ["post.created"]);
}

/// O-014: saying what is already so is no change: no new time, no event.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_nothing_leaves_no_trace() {
    let social = Social::start().await;
    let ada = student(1);
    let post = social.post(&ada, "soup #lunch").await;
    social.clock.advance(TimeDelta::minutes(1));
    let same = proto::UpdatePostRequest {
        content: Some("soup #lunch".to_owned()),
        r#type: Some("general".to_owned()),
        location: Some(String::new()),
        images: Some(proto::TextList::default()),
        hashtags: Some(proto::TextList::default()),
        visibility: Some(Visibility::Public.into()),
        ..change(&post)
    };
    for nothing in [change(&post), same] {
        assert_eq!(social.update(&ada, nothing).await.unwrap(), post);
    }
    assert_eq!(social.kinds().await, ["post.created"]);
}

/// O-014: two changes at once that touch different things are both kept.
#[tokio::test(flavor = "multi_thread")]
async fn changes_at_once_do_not_undo_each_other() {
    let social = Social::start().await;
    let ada = student(1);
    let post = social.post(&ada, "start").await;
    for round in 0..5 {
        let new_text = proto::UpdatePostRequest {
            content: Some(format!("text {round}")),
            ..change(&post)
        };
        let new_place = proto::UpdatePostRequest {
            location: Some(format!("place {round}")),
            ..change(&post)
        };
        let (first, second) = tokio::join!(
            social.update(&ada, new_text),
            social.update(&ada, new_place)
        );
        first.unwrap();
        second.unwrap();
        let now = social.get(&ada, &post.id).await.unwrap();
        assert_eq!(
            (now.content, now.location),
            (format!("text {round}"), format!("place {round}"))
        );
    }
}

// === removing ===

/// O-015: a post goes with all that hangs on it, and is not there for anything afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_removed_post_leaves_nothing() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let post = social.post(&ada, "soon gone #tag").await;
    let comment = social.comment(&bob, &post.id, "why").await;
    social.reply(&ada, &comment, "because").await;
    social.like(&bob, &post.id, None).await.unwrap();
    social.save(&bob, &post.id, None).await.unwrap();
    social.like_comment(&ada, &comment.id, None).await.unwrap();
    social.get(&bob, &post.id).await.unwrap();
    social.write_analytics().await.unwrap();

    social.delete(&ada, &post.id).await.unwrap();
    for table in [
        "posts",
        "post_hashtags",
        "post_likes",
        "post_saves",
        "comments",
        "comment_likes",
    ] {
        assert_eq!(social.count(&format!("social.{table}")).await, 0, "{table}");
    }
    no_post(social.get(&ada, &post.id).await);
    no_post(social.delete(&ada, &post.id).await);
    no_post(social.update(&ada, change(&post)).await);
    no_post(social.like(&bob, &post.id, None).await);
    no_post(social.save(&bob, &post.id, None).await);
    no_post(social.try_comment(&bob, &post.id, "", "late").await);
    no_post(social.list_comments(&bob, &post.id, "", 10, "").await);
    crate::support::no_comment(social.like_comment(&ada, &comment.id, None).await);
    crate::support::no_comment(social.delete_comment(&bob, &comment.id).await);
}

/// O-013 to O-021: what is no id is nobody's.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_malformed_ids_are_not_found() {
    let social = Social::start().await;
    let ada = student(1);
    for id in ["", "1", "nonsense", NOTHING, "\0"] {
        no_post(social.get(&ada, id).await);
        no_post(social.delete(&ada, id).await);
        no_post(social.like(&ada, id, None).await);
        no_post(social.save(&ada, id, None).await);
        no_post(social.try_comment(&ada, id, "", "hello").await);
        no_post(social.list_comments(&ada, id, "", 10, "").await);
        crate::support::no_comment(social.like_comment(&ada, id, None).await);
        crate::support::no_comment(social.delete_comment(&ada, id).await);
    }
}

/// O-013: nobody learns by the answer whether a post is there.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_nothing() {
    let social = Social::start().await;
    let post = social.post(&student(1), "public").await;
    for id in [post.id.as_str(), NOTHING, "nonsense"] {
        let refusal = social.get(&guest(), id).await;
        refused(refusal, ErrorCode::Unauthenticated, "not_signed_in");
    }
}

/// K-15: however many repetitions of a request come at once, or later, they make one post, and are answered with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_makes_one_post() {
    let social = Social::start().await;
    let named = naming(&student(1), 7);
    let made = join_all((0..8).map(|_| social.post(&named, "once"))).await;
    let again = social.post(&named, "once").await;
    assert!(made.iter().all(|post| post.id == again.id));
    assert_eq!(social.count("social.posts").await, 1);
    assert_eq!(social.outbox().await.len(), 1);
    let other = social.post(&naming(&student(1), 8), "once").await;
    assert_ne!(other.id, again.id);
}
