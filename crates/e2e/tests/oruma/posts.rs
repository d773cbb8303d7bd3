//! Posts and feeds.

use std::collections::BTreeSet;

use chrono::DateTime;
use oruma_e2e::{Answer, Client, Deployment, Member, Person};
use oruma_test_kit::eventually;
use serde_json::{Value, json};

use crate::support::{both_ways, database, keys, refused, texts};

both_ways!(
    a_post_has_the_fields_of_the_contract,
    a_post_is_shown_to_people_of_any_university,
    wrong_posts_are_refused_by_field,
    the_edges_of_the_rules_are_inside,
    fields_of_others_have_no_effect,
    only_its_author_changes_a_post,
    a_change_leaves_what_is_not_sent,
    only_its_author_removes_a_post,
    an_administrator_removes_any_post,
    a_deleted_post_is_gone_with_all_that_hung_on_it,
    likes_and_saves_are_turned_over,
    fifty_likes_at_once_are_fifty,
    a_hammered_toggle_agrees_with_its_count,
    the_feed_is_of_ones_university,
    pages_skip_and_repeat_nothing_while_others_post,
    broken_cursors_are_refused,
    posts_are_found_by_hashtag,
    posts_are_found_by_words,
    posts_of_a_person_are_listed,
    looking_counts_each_person_once,
    everything_needs_a_token,
    unknown_posts_are_a_404,
    a_deleted_author_leaves_no_posts,
);

/// What everybody sees of a post without place, images and tags.
const FIELDS: [&str; 15] = [
    "author",
    "authorId",
    "comments",
    "content",
    "createdAt",
    "id",
    "liked",
    "likes",
    "saved",
    "saves",
    "time",
    "type",
    "university",
    "updatedAt",
    "username",
];
const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

async fn create(api: &Client, author: &Member, body: &Value) -> Answer {
    api.post_as(author, "/api/posts", body).await
}

/// Writes a post and gives what came back of it.
pub(crate) async fn written(api: &Client, author: &Member, content: &str) -> Value {
    let answer = create(api, author, &json!({"content": content})).await;
    answer.must_be(201).json()["post"].clone()
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}

async fn shown(api: &Client, viewer: &Member, id: &str) -> Value {
    let path = format!("/api/posts/{id}");
    api.get_as(viewer, &path).await.must_be(200).json()
}

async fn like(api: &Client, person: &Member, id: &str) -> Value {
    let path = format!("/api/posts/{id}/like");
    let answer = api.call_as(person, "POST", &path).await.must_be(200);
    assert_eq!(keys(&answer.json()), ["liked", "likesCount"]);
    answer.json()
}

async fn page(api: &Client, viewer: &Member, path: &str) -> Value {
    let page = api.get_as(viewer, path).await.must_be(200).json();
    let expected: &[&str] = match page["hasMore"] {
        Value::Bool(true) => &["hasMore", "nextCursor", "posts"],
        _ => &["hasMore", "posts"],
    };
    assert_eq!(keys(&page), expected, "{page}");
    page
}

fn ids(page: &Value) -> Vec<String> {
    let posts = page["posts"].as_array().expect("a list");
    posts
        .iter()
        .map(|post| text(post, "id").to_owned())
        .collect()
}

fn encoded(words: &str) -> String {
    url::form_urlencoded::byte_serialize(words.as_bytes()).collect()
}

async fn from(api: &Client, university: &str) -> Member {
    let person = Person {
        university: university.to_owned(),
        ..Person::new()
    };
    api.join(person).await
}

/// O-011, O-012, O-013, O-126: field by field.
async fn a_post_has_the_fields_of_the_contract(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let plain = written(&api, author, "hello").await;
    let mut expected = FIELDS.to_vec();
    expected.push("views");
    assert_eq!(keys(&plain), expected, "{plain}");
    let body = json!({"content": "On #Rust with @Bob.Stone", "type": "study", "location": "Library",
                      "hashtags": ["#Tests", "rust"], "mentions": ["@eve"]});
    let post = create(&api, author, &body).await.must_be(201).json();
    assert_eq!(keys(&post), ["post"]);
    let post = &post["post"];
    for (name, value) in [
        ("authorId", json!(author.id)),
        ("author", json!(author.person.name)),
        ("university", json!(author.person.university)),
        ("content", body["content"].clone()),
        ("type", json!("study")),
        ("location", json!("Library")),
        ("hashtags", json!(["tests", "rust"])),
        ("mentions", json!(["eve", "bob.stone"])),
        ("likes", json!(0)),
        ("comments", json!(0)),
        ("saves", json!(0)),
        ("liked", json!(false)),
        ("saved", json!(false)),
        ("time", post["createdAt"].clone()),
        ("updatedAt", post["createdAt"].clone()),
    ] {
        assert_eq!(post[name], value, "{name}");
    }
    let time = text(post, "createdAt");
    assert!(time.ends_with('Z') && time.len() == 24, "{time}");
    assert!(DateTime::parse_from_rfc3339(time).is_ok());
    let username = text(post, "username");
    assert!(username.starts_with("ada.lovelace"), "{username}");
    assert_eq!(&shown(&api, author, text(post, "id")).await, post);
}

/// O-013, O-176: whoever is signed in reads a public post by its id.
async fn a_post_is_shown_to_people_of_any_university(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let stranger = from(&api, "Stanford University").await;
    let post = written(&api, author, "for everybody").await;
    let seen = shown(&api, &stranger, text(&post, "id")).await;
    assert_eq!(seen["content"], "for everybody");
}

/// O-012, O-156…O-160, K-40: the field at fault is named, in the words of the contract.
async fn wrong_posts_are_refused_by_field(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let eleven: Vec<String> = (0..11).map(|nth| format!("tag{nth}")).collect();
    let uploads = |count: usize| -> Vec<String> {
        let url =
            |nth| format!("/uploads/images/posts/00000000-0000-7000-8000-00000000000{nth}.jpg");
        (0..count).map(url).collect()
    };
    for (body, fields) in [
        (json!({}), &["content"][..]),
        (json!({"content": ""}), &["content"]),
        (json!({"content": " \n\t "}), &["content"]),
        (json!({"content": null}), &["content"]),
        (json!({"content": "a".repeat(2_001)}), &["content"]),
        (json!({"content": "a\u{0}b"}), &["content"]),
        (json!({"content": "x", "type": "sport"}), &["type"]),
        (
            json!({"content": "x", "location": "y".repeat(256)}),
            &["location"],
        ),
        (json!({"content": "x", "hashtags": eleven}), &["hashtags"]),
        (
            json!({"content": "x", "hashtags": ["good", "not good"]}),
            &["hashtags[1]"],
        ),
        (json!({"content": "x", "mentions": eleven}), &["mentions"]),
        (
            json!({"content": "x", "mentions": ["not a username"]}),
            &["mentions[0]"],
        ),
        (
            json!({"content": "x", "images": ["https://evil.example/1.jpg"]}),
            &["images[0]"],
        ),
        (json!({"content": "x", "images": uploads(6)}), &["images"]),
        (
            json!({"content": "x", "images": uploads(1)}),
            &["images[0]"],
        ),
        (
            json!({"content": "", "type": "sport"}),
            &["content", "type"],
        ),
    ] {
        let answer = create(&api, author, &body).await;
        refused(&answer, 400, "validation_failed", fields);
    }
    for (body, field) in [
        (json!({"content": 7}), "content"),
        (json!({"content": "x", "hashtags": "rust"}), "hashtags"),
        (json!({"content": "x", "images": [1]}), "images[0]"),
    ] {
        refused(
            &create(&api, author, &body).await,
            422,
            "wrong_type",
            &[field],
        );
    }
}

/// O-156, O-159, O-160: the limits themselves are allowed, counted as people count.
async fn the_edges_of_the_rules_are_inside(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let ten: Vec<String> = (0..10).map(|nth| format!("tag{nth}")).collect();
    for content in [
        "😀".repeat(2_000),
        "e\u{301}".repeat(2_000),
        "<script>alert('x')</script>".to_owned(),
    ] {
        let post = written(&api, author, &content).await;
        let stored = text(&post, "content");
        assert!(stored.chars().count() <= 2_000);
    }
    let body = json!({"content": "ten", "hashtags": ten, "mentions": ten});
    let post = create(&api, author, &body).await.must_be(201).json()["post"].clone();
    assert_eq!(post["hashtags"], json!(ten));
    let body = json!({"content": "eleven with #another", "hashtags": ten});
    refused(
        &create(&api, author, &body).await,
        400,
        "validation_failed",
        &["hashtags"],
    );
}

/// O-012, O-194: who wrote it, its id and its counters are not the client's to set.
async fn fields_of_others_have_no_effect(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let body = json!({"content": "mine", "authorId": NOBODYS, "id": NOBODYS, "likes": 99, "liked": true,
                      "university": "Nowhere", "createdAt": "2000-01-01T00:00:00Z", "views": 7});
    let post = create(&api, author, &body).await.must_be(201).json()["post"].clone();
    assert_eq!(post["authorId"], json!(author.id));
    assert_ne!(post["id"], json!(NOBODYS));
    assert_eq!((&post["likes"], &post["liked"]), (&json!(0), &json!(false)));
    assert_eq!(post["university"], json!(author.person.university));
    assert!(text(&post, "createdAt") > "2020");
}

/// O-014, O-177: a stranger and an administrator get 403, before what they sent is judged.
async fn only_its_author_changes_a_post(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let stranger = api.newcomer().await;
    let post = written(&api, author, "mine").await;
    let path = format!("/api/posts/{}", text(&post, "id"));
    for body in [json!({"content": "yours"}), json!({"content": ""})] {
        let call = api.call("PUT", &path).json(&body).bearer(&stranger.token);
        refused(&call.send().await, 403, "not_author", &[]);
    }
    let form = reqwest::multipart::Form::new().text("content", "yours");
    let call = api.call("PUT", &path).form(form).bearer(&stranger.token);
    refused(&call.send().await, 403, "not_author", &[]);
    assert_eq!(
        shown(&api, author, text(&post, "id")).await["content"],
        "mine"
    );
}

/// O-014: PUT changes only what is sent, and answers with the post itself.
async fn a_change_leaves_what_is_not_sent(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let body = json!({"content": "soup #lunch", "type": "food", "location": "canteen", "hashtags": ["given"]});
    let post = create(&api, author, &body).await.must_be(201).json()["post"].clone();
    let path = format!("/api/posts/{}", text(&post, "id"));
    let put = async |body: Value| {
        let call = api.call("PUT", &path).json(&body).bearer(&author.token);
        call.send().await.must_be(200).json()
    };
    let changed = put(json!({"content": "cake #dessert"})).await;
    assert_eq!(changed["content"], "cake #dessert");
    assert_eq!(changed["hashtags"], json!(["given", "dessert"]));
    assert_eq!(
        (&changed["type"], &changed["location"]),
        (&json!("food"), &json!("canteen"))
    );
    assert_eq!(changed["createdAt"], post["createdAt"]);
    assert!(text(&changed, "updatedAt") > text(&post, "updatedAt"));
    let cleared = put(json!({"location": "", "hashtags": []})).await;
    assert_eq!(cleared.get("location"), None);
    assert_eq!(cleared["hashtags"], json!(["dessert"]));
    let by_tag = page(&api, author, "/api/posts/hashtag/lunch?limit=50").await;
    assert!(!ids(&by_tag).contains(&text(&post, "id").to_owned()));
    let wrong = api
        .call("PUT", &path)
        .json(&json!({"content": " "}))
        .bearer(&author.token);
    refused(&wrong.send().await, 400, "validation_failed", &["content"]);
}

/// O-015, O-177.
async fn only_its_author_removes_a_post(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let stranger = api.newcomer().await;
    let post = written(&api, author, "mine").await;
    let path = format!("/api/posts/{}", text(&post, "id"));
    refused(
        &api.call_as(&stranger, "DELETE", &path).await,
        403,
        "not_author",
        &[],
    );
    let answer = api.call_as(author, "DELETE", &path).await.must_be(204);
    assert!(answer.body.is_empty());
    refused(
        &api.call_as(author, "DELETE", &path).await,
        404,
        "post_not_found",
        &[],
    );
}

/// O-015, O-193: an administrator may remove what others wrote, and not change it.
async fn an_administrator_removes_any_post(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let person = Person::new();
    let _ = api.join(person.clone()).await;
    let promote = format!(
        "UPDATE auth.users SET role = 'admin' WHERE email = '{}' RETURNING id",
        person.email
    );
    assert_eq!(promoted(deployment, &promote).await, 1);
    let admin = api.signed_in(&person).await;
    let post = written(&api, author, "to be removed").await;
    let path = format!("/api/posts/{}", text(&post, "id"));
    let change = api
        .call("PUT", &path)
        .json(&json!({"content": "x"}))
        .bearer(&admin.token);
    refused(&change.send().await, 403, "not_author", &[]);
    let _ = api.call_as(&admin, "DELETE", &path).await.must_be(204);
    refused(&api.get_as(author, &path).await, 404, "post_not_found", &[]);
}

async fn promoted(deployment: &Deployment, statement: &str) -> usize {
    use diesel_async::RunQueryDsl;
    let database = database(deployment);
    let mut conn = database.writer().await.expect("a connection");
    diesel::sql_query(statement)
        .execute(&mut conn)
        .await
        .expect("it works")
}

/// O-015, O-018, O-020: comments and likes of a deleted post answer 404, and no row is left.
async fn a_deleted_post_is_gone_with_all_that_hung_on_it(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let post = written(&api, author, "with #much on it").await;
    let id = text(&post, "id").to_owned();
    let _ = like(&api, author, &id).await;
    let _ = api
        .call_as(author, "POST", &format!("/api/posts/{id}/save"))
        .await
        .must_be(200);
    let comments = format!("/api/posts/{id}/comments");
    let comment = api
        .post_as(author, &comments, &json!({"content": "first"}))
        .await
        .must_be(201);
    let comment = text(&comment.json()["comment"], "id").to_owned();
    let liking = format!("/api/comments/{comment}/like");
    let _ = api.call_as(author, "POST", &liking).await.must_be(200);
    let _ = api
        .call_as(author, "DELETE", &format!("/api/posts/{id}"))
        .await
        .must_be(204);
    refused(
        &api.get_as(author, &comments).await,
        404,
        "post_not_found",
        &[],
    );
    refused(
        &api.post_as(author, &comments, &json!({"content": "late"}))
            .await,
        404,
        "post_not_found",
        &[],
    );
    refused(
        &api.call_as(author, "POST", &liking).await,
        404,
        "comment_not_found",
        &[],
    );
    refused(
        &api.call_as(author, "POST", &format!("/api/posts/{id}/like"))
            .await,
        404,
        "post_not_found",
        &[],
    );
    let database = database(deployment);
    for table in ["post_likes", "post_saves", "post_hashtags", "comments"] {
        let left = texts(
            &database,
            &format!("SELECT post_id FROM social.{table} WHERE post_id = '{id}'"),
        )
        .await;
        assert!(left.is_empty(), "{table}");
    }
}

/// O-016, O-017, K-15, O-131: each POST turns it over; what one person did is not the other's.
async fn likes_and_saves_are_turned_over(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let other = api.newcomer().await;
    let id = text(&written(&api, author, "like me").await, "id").to_owned();
    assert_eq!(
        like(&api, author, &id).await,
        json!({"liked": true, "likesCount": 1})
    );
    assert_eq!(
        like(&api, &other, &id).await,
        json!({"liked": true, "likesCount": 2})
    );
    assert_eq!(
        like(&api, author, &id).await,
        json!({"liked": false, "likesCount": 1})
    );
    let seen = shown(&api, &other, &id).await;
    assert_eq!((&seen["likes"], &seen["liked"]), (&json!(1), &json!(true)));
    assert_eq!(shown(&api, author, &id).await["liked"], false);
    let save = format!("/api/posts/{id}/save");
    for saved in [true, false, true] {
        let answer = api.call_as(author, "POST", &save).await.must_be(200);
        assert_eq!(answer.json(), json!({"saved": saved}));
    }
    let seen = shown(&api, author, &id).await;
    assert_eq!((&seen["saves"], &seen["saved"]), (&json!(1), &json!(true)));
    assert_eq!(shown(&api, &other, &id).await["saved"], false);
}

/// O-016, O-185: fifty people at once are counted as fifty, and the rows agree. They have tokens only, since fifty passwords take a
/// while to hash.
async fn fifty_likes_at_once_are_fifty(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let id = text(&written(&api, author, "popular").await, "id").to_owned();
    let people: Vec<Member> = (0..50).map(|_| crate::tokens::somebody(author)).collect();
    let likes = people.iter().map(|person| like(&api, person, &id));
    let answers = futures::future::join_all(likes).await;
    let counts: BTreeSet<i64> = answers
        .iter()
        .filter_map(|answer| answer["likesCount"].as_i64())
        .collect();
    assert_eq!(counts, (1..=50).collect());
    assert_eq!(shown(&api, author, &id).await["likes"], 50);
    let rows = texts(
        &database(deployment),
        &format!("SELECT user_id FROM social.post_likes WHERE post_id = '{id}'"),
    )
    .await;
    assert_eq!(rows.len(), 50);
}

/// O-016, O-185: one person turns a like over many times at once; count and state agree at each answer and in the end.
async fn a_hammered_toggle_agrees_with_its_count(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let id = text(&written(&api, author, "hammered").await, "id").to_owned();
    let answers = futures::future::join_all((0..31).map(|_| like(&api, author, &id))).await;
    for answer in &answers {
        assert_eq!(
            answer["likesCount"],
            i64::from(answer["liked"] == true),
            "{answer}"
        );
    }
    let seen = shown(&api, author, &id).await;
    assert_eq!((&seen["likes"], &seen["liked"]), (&json!(1), &json!(true)));
}

/// O-011, O-178: one's own university by default, another by its name, or all.
async fn the_feed_is_of_ones_university(deployment: &Deployment) {
    let api = deployment.client();
    let (here, there) = (
        from(&api, "University of Oxford").await,
        from(&api, "Yale University").await,
    );
    let (mine, theirs) = (
        written(&api, &here, "from here").await,
        written(&api, &there, "from there").await,
    );
    let (mine, theirs) = (text(&mine, "id").to_owned(), text(&theirs, "id").to_owned());
    let own = ids(&page(&api, &here, "/api/posts").await);
    assert!(own.contains(&mine) && !own.contains(&theirs));
    let named = ids(&page(&api, &here, "/api/posts?university=Yale+University").await);
    assert!(named.contains(&theirs) && !named.contains(&mine));
    let all = ids(&page(&api, &here, "/api/posts?university=all&limit=50").await);
    assert!(all.contains(&theirs) && all.contains(&mine));
}

/// O-011, K-39: an old post comes once, whatever is written and removed meanwhile.
async fn pages_skip_and_repeat_nothing_while_others_post(deployment: &Deployment) {
    let (api, author) = (
        deployment.client(),
        from(&deployment.client(), "University of Tokyo").await,
    );
    let mut old = Vec::new();
    for nth in 0..25 {
        old.push(text(&written(&api, &author, &format!("old {nth}")).await, "id").to_owned());
    }
    old.reverse();
    let mut seen = Vec::new();
    let mut path = "/api/posts?limit=4".to_owned();
    loop {
        let page = page(&api, &author, &path).await;
        seen.extend(ids(&page));
        let _ = written(&api, &author, "new").await;
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/api/posts?limit=4&cursor={}", encoded(cursor));
    }
    assert_eq!(seen, old);
    let many = page(&api, &author, "/api/posts?limit=1000").await;
    assert!(ids(&many).len() <= 50);
}

/// O-011, K-39: a cursor that was not given for this list is a 400.
async fn broken_cursors_are_refused(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    for nth in 0..3 {
        let _ = written(&api, author, &format!("for pages {nth} #cursors")).await;
    }
    let first = page(&api, author, "/api/posts?limit=1").await;
    let cursor = encoded(text(&first, "nextCursor"));
    for path in [
        "/api/posts?cursor=nonsense".to_owned(),
        format!("/api/posts?cursor={cursor}x"),
        format!("/api/posts?university=all&cursor={cursor}"),
        format!("/api/posts/hashtag/cursors?cursor={cursor}"),
        format!("/api/posts/search?q=pages&cursor={cursor}"),
        format!("/api/users/{}/posts?cursor={cursor}", author.id),
    ] {
        refused(
            &api.get_as(author, &path).await,
            400,
            "validation_failed",
            &["cursor"],
        );
    }
    for limit in ["0", "-1", "ten"] {
        let path = format!("/api/posts?limit={limit}");
        refused(
            &api.get_as(author, &path).await,
            400,
            "validation_failed",
            &["limit"],
        );
    }
}

/// O-023: in any case, with or without `#`; the newest first.
async fn posts_are_found_by_hashtag(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let tag = format!("tag{}", &author.id[..8]);
    let first = written(&api, author, &format!("one #{tag}")).await;
    let body = json!({"content": "two", "hashtags": [tag.to_uppercase()]});
    let second = create(&api, author, &body).await.must_be(201).json()["post"].clone();
    let expected = [text(&second, "id"), text(&first, "id")].map(str::to_owned);
    for wanted in [tag.clone(), tag.to_uppercase(), format!("%23{tag}")] {
        let found = page(&api, author, &format!("/api/posts/hashtag/{wanted}")).await;
        assert_eq!(ids(&found), expected, "{wanted}");
    }
    let none = page(&api, author, "/api/posts/hashtag/nobodyeverusedthis").await;
    assert_eq!(ids(&none), Vec::<String>::new());
    let wrong = api.get_as(author, "/api/posts/hashtag/not%20one").await;
    refused(&wrong, 400, "validation_failed", &["hashtag"]);
}

/// O-022, O-187: a singular finds the plural; nonsense finds nothing and harms nothing.
async fn posts_are_found_by_words(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let word = format!("zebra{}", author.id.replace('-', ""));
    let one = written(&api, author, &format!("{word} groups & x > y plans")).await;
    let other = written(&api, author, &format!("{word} something else")).await;
    let found = async |query: &str| {
        let path = format!("/api/posts/search?q={}", encoded(query));
        ids(&page(&api, author, &path).await)
    };
    let (one, other) = (text(&one, "id").to_owned(), text(&other, "id").to_owned());
    assert_eq!(
        found(&format!("{word} group")).await,
        std::slice::from_ref(&one)
    );
    assert_eq!(
        found(&format!("{word} -groups")).await,
        std::slice::from_ref(&other)
    );
    let all = found(&word).await;
    assert_eq!(all.len(), 2, "{all:?}");
    for nonsense in ["", "the", "'\"<->!&|:*", "%%%", "\\"] {
        let _ = found(nonsense).await;
    }
    let path = format!("/api/posts/search?q={word}+group&highlight=true");
    let hit = page(&api, author, &path).await;
    let highlight = text(&hit["posts"][0], "highlight");
    assert!(
        highlight.contains("<mark>groups</mark> &amp; x &gt; y"),
        "{highlight}"
    );
    let by_type = format!("/api/posts/search?q={word}&type=food");
    assert_eq!(
        ids(&page(&api, author, &by_type).await),
        Vec::<String>::new()
    );
    let wrong = api.get_as(author, "/api/posts/search?q=x&type=sport").await;
    refused(&wrong, 400, "validation_failed", &["type"]);
}

/// O-024.
async fn posts_of_a_person_are_listed(deployment: &Deployment) {
    let (api, viewer) = (deployment.client(), deployment.member().await);
    let author = api.newcomer().await;
    let path = format!("/api/users/{}/posts", author.id);
    assert_eq!(ids(&page(&api, viewer, &path).await), Vec::<String>::new());
    let (first, second) = (
        written(&api, &author, "1").await,
        written(&api, &author, "2").await,
    );
    let expected = [text(&second, "id"), text(&first, "id")].map(str::to_owned);
    assert_eq!(ids(&page(&api, viewer, &path).await), expected);
    for nobody in [NOBODYS, "nonsense"] {
        let path = format!("/api/users/{nobody}/posts");
        refused(&api.get_as(viewer, &path).await, 404, "user_not_found", &[]);
    }
}

/// O-184: a person who looks twice counts once, and the author not at all.
async fn looking_counts_each_person_once(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let other = api.newcomer().await;
    let id = text(&written(&api, author, "look").await, "id").to_owned();
    for viewer in [author, &other, &other] {
        let _ = shown(&api, viewer, &id).await;
    }
    eventually("the view is counted", || async {
        shown(&api, author, &id).await["views"] == 1
    })
    .await;
    let _ = shown(&api, &other, &id).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(shown(&api, author, &id).await["views"], 1);
}

/// O-002, O-012…O-024: before validation and before 404.
async fn everything_needs_a_token(deployment: &Deployment) {
    let api = deployment.client();
    for (method, path) in [
        ("GET", "/api/posts"),
        ("POST", "/api/posts"),
        ("GET", "/api/posts/search"),
        ("GET", "/api/posts/hashtag/x"),
        ("GET", "/api/posts/nonsense"),
        ("PUT", "/api/posts/nonsense"),
        ("DELETE", "/api/posts/nonsense"),
        ("POST", "/api/posts/nonsense/like"),
        ("POST", "/api/posts/nonsense/save"),
        ("GET", "/api/posts/nonsense/comments"),
        ("POST", "/api/posts/nonsense/comments"),
        ("POST", "/api/comments/nonsense/like"),
        ("DELETE", "/api/comments/nonsense"),
        ("GET", "/api/users/nonsense/posts"),
        ("POST", "/api/upload/image"),
        ("POST", "/api/users/me/export"),
        ("GET", "/api/users/me/export/nonsense"),
    ] {
        let answer = api.call(method, path).body("{").send().await;
        refused(&answer, 401, "missing_token", &[]);
    }
}

/// O-013…O-017, O-078: unknown and malformed ids alike.
async fn unknown_posts_are_a_404(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for id in [NOBODYS, "nonsense", "%00", "1"] {
        for (method, path) in [
            ("GET", ""),
            ("DELETE", ""),
            ("POST", "/like"),
            ("POST", "/save"),
            ("GET", "/comments"),
        ] {
            let answer = api
                .call_as(member, method, &format!("/api/posts/{id}{path}"))
                .await;
            refused(&answer, 404, "post_not_found", &[]);
        }
        let change = api
            .call("PUT", &format!("/api/posts/{id}"))
            .json(&json!({"content": "x"}));
        refused(
            &change.bearer(&member.token).send().await,
            404,
            "post_not_found",
            &[],
        );
    }
}

/// O-069, O-071: what `auth.user.deleted.v1` means here: posts go, likes are taken back, comments that were answered stay without name.
async fn a_deleted_author_leaves_no_posts(deployment: &Deployment) {
    let (api, other) = (deployment.client(), deployment.member().await);
    let leaver = api.newcomer().await;
    let (theirs, kept) = (
        written(&api, &leaver, "theirs").await,
        written(&api, other, "kept").await,
    );
    let (theirs, kept) = (text(&theirs, "id").to_owned(), text(&kept, "id").to_owned());
    let _ = like(&api, &leaver, &kept).await;
    let comments = format!("/api/posts/{kept}/comments");
    let answered = api
        .post_as(&leaver, &comments, &json!({"content": "answered"}))
        .await
        .must_be(201);
    let answered = text(&answered.json()["comment"], "id").to_owned();
    let _ = api
        .post_as(&leaver, &comments, &json!({"content": "unanswered"}))
        .await
        .must_be(201);
    let reply = json!({"content": "an answer", "parentId": answered});
    let _ = api.post_as(other, &comments, &reply).await.must_be(201);
    let _ = api
        .call_as(&leaver, "DELETE", "/api/users/me")
        .await
        .must_be(204);
    eventually("the traces are gone", || async {
        api.get_as(other, &format!("/api/posts/{theirs}"))
            .await
            .status
            == 404
            && shown(&api, other, &kept).await["likes"] == 0
            && shown(&api, other, &kept).await["comments"] == 2
    })
    .await;
    let left = api.get_as(other, &comments).await.must_be(200).json()["comments"].clone();
    let comment = &left[0];
    assert_eq!(left.as_array().map(Vec::len), Some(1), "{left}");
    assert_eq!(
        (&comment["content"], &comment["authorId"]),
        (&json!(""), &json!(""))
    );
    assert_eq!(comment["author"], "Deleted account");
    assert_eq!(comment["replies"][0]["content"], "an answer");
}
