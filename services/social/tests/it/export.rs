//! What the service knows of a person, for that person.

use std::collections::{BTreeMap, HashSet};

use oruma_proto::social::v1 as proto;
use oruma_proto::social::v1::Visibility;
use oruma_service_runtime::Caller;
use oruma_test_kit::eventually;
use serde_json::{Value, json};

use crate::support::{NOTHING, STANFORD, Social, id_of, list_of, student, text};

/// The items of each section, all parts together.
async fn exported(social: &Social, caller: &Caller) -> BTreeMap<String, Vec<Value>> {
    let mut sections: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (section, items) in social.export(caller).await.unwrap() {
        let items = items.as_array().unwrap().clone();
        assert!(!items.is_empty() && items.len() <= 200);
        sections.entry(section).or_default().extend(items);
    }
    sections
}

/// O-185: everything of the person, nothing of others, in the words of the contract.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_everything_of_one_person() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let request = proto::CreatePostRequest {
        r#type: "study".to_owned(),
        location: "Library".to_owned(),
        hashtags: list_of(&["exam"]),
        visibility: Visibility::Private.into(),
        ..text("mine, for @bob")
    };
    let own = social.create(&ada, request).await.unwrap();
    let other = social.post(&bob, "bob's secret post").await;
    let comment = social.comment(&ada, &other.id, "my comment").await;
    let answer = social.reply(&bob, &comment, "bob's secret reply").await;
    social.like(&ada, &other.id, None).await.unwrap();
    social.save(&ada, &other.id, None).await.unwrap();
    social.like_comment(&ada, &answer.id, None).await.unwrap();
    social.like_comment(&bob, &comment.id, None).await.unwrap();
    social.get(&ada, &other.id).await.unwrap();
    social.report(&ada, &other.id, "spam").await.unwrap();
    social.block(&ada, NOTHING, true).await.unwrap();
    let reported = social.rows("SELECT id FROM social.reports").await;
    eventually("the view is written", || async {
        social.write_analytics().await.unwrap();
        social.count("social.post_views").await == 1
    })
    .await;

    let at = "2027-01-15T10:00:00.123Z";
    let expected = json!({
        "posts": [{
            "id": own.id, "number": own.number, "university": STANFORD, "content": "mine, for @bob", "type": "study", "location": "Library",
            "images": [], "hashtags": ["exam"], "mentions": ["bob"], "visibility": "private", "likeCount": 0, "commentCount": 0, "saveCount": 0,
            "viewCount": 0, "createdAt": at, "updatedAt": at,
        }],
        "comments": [{
            "id": comment.id, "number": comment.number, "postId": other.id, "parentId": null, "content": "my comment", "likeCount": 1,
            "createdAt": at, "updatedAt": at,
        }],
        "post_likes": [{"postId": other.id, "createdAt": at}],
        "post_saves": [{"postId": other.id, "createdAt": at}],
        "post_views": [{"postId": other.id, "createdAt": at}],
        "comment_likes": [{"commentId": answer.id, "createdAt": at}],
        "blocks": [{"userId": NOTHING, "createdAt": at}],
        "post_reports": [{"id": reported[0]["id"], "postId": other.id, "reason": "spam", "description": "", "createdAt": at}],
    });
    let sections = exported(&social, &ada).await;
    assert_eq!(serde_json::to_value(&sections).unwrap(), expected);
    let all = expected.to_string();
    for foreign in ["secret", &id_of(&bob)] {
        assert!(!all.contains(foreign));
    }
    assert!(exported(&social, &student(3)).await.is_empty());
}

/// O-185: more than one message holds comes in several, each thing once.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_more_than_one_message_can() {
    let social = Social::start().await;
    let ada = student(1);
    let many = format!(
        "INSERT INTO social.posts (id, author_id, university, content, type, location, images, given_hashtags, given_mentions, hashtags,
                                   mentions, visibility, search, like_count, created_at, updated_at)
         SELECT gen_random_uuid(), '{ada}', '', 'post ' || n, 'general', '', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', 'public', '', 1, now(), now()
         FROM generate_series(1, 450) AS n;
         INSERT INTO social.post_likes (post_id, user_id, created_at)
         SELECT id, '{ada}', now() FROM social.posts LIMIT 400",
        ada = id_of(&ada),
    );
    social.execute(&many).await;
    let sections = exported(&social, &ada).await;
    let contents: HashSet<&str> = sections["posts"]
        .iter()
        .map(|post| post["content"].as_str().unwrap())
        .collect();
    assert_eq!((contents.len(), sections["posts"].len()), (450, 450));
    let liked: HashSet<&str> = sections["post_likes"]
        .iter()
        .map(|like| like["postId"].as_str().unwrap())
        .collect();
    assert_eq!((liked.len(), sections["post_likes"].len()), (400, 400));
}
