//! Search of messages.

use oruma_e2e::Deployment;
use oruma_service_runtime::Random;
use oruma_test_kit::eventually;
use serde_json::{Value, json};

use crate::channels::create;
use crate::messages::say;
use crate::support::{both_ways, chat, member, refused};

both_ways!(a_search_shows_only_what_one_may_read);

/// C-033, C-151.
async fn a_search_shows_only_what_one_may_read(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben, eve) = (
        member(deployment).await,
        member(deployment).await,
        member(deployment).await,
    );
    let channel = create(&api, &ada, "private", &[&ben]).await;
    let word = format!("zebra{:016x}", u64::from_be_bytes(Random::system().bytes()));
    let text = format!("<b>the {word} & friends</b>");
    let message = say(&api, &ada, &channel, &text).await;
    say(&api, &ben, &channel, &format!("what {word}?")).await;
    // A stranger has a channel of its own, with the same word.
    let other = create(&api, &eve, "public", &[]).await;
    say(&api, &eve, &other, &format!("my {word}")).await;
    let find = async |who: &oruma_e2e::Member, more: &str| -> Value {
        let path = format!("/api/chat/search?query={word}{more}");
        api.get_as(who, &path).await.must_be(200).json()
    };
    eventually("what was said is found", || async {
        find(&ben, "").await["total"] == 2
    })
    .await;
    assert_eq!(find(&eve, "").await["total"], 1);
    let hits = find(&ben, &format!("&from={}", ada.id)).await;
    assert_eq!(hits["total"], 1);
    let hit = &hits["messages"][0];
    assert_eq!(
        (&hit["id"], &hit["content"]),
        (&message["id"], &json!(text))
    );
    assert_eq!(
        hit["channel"],
        json!({"id": channel["id"], "name": channel["name"]})
    );
    let highlight = hit["highlight"].as_str().expect("a text");
    assert!(
        highlight.contains(&format!("<mark>{word}</mark>")),
        "{highlight}"
    );
    assert!(!highlight.contains("<b>"), "{highlight}");
    let id = channel["id"].as_str().expect("an id");
    assert_eq!(find(&ada, &format!("&channelId={id}")).await["total"], 2);
    assert_eq!(find(&ada, "&before=2020-01-01T00:00:00Z").await["total"], 0);
    assert_eq!(find(&ada, "&after=2020-01-01T00:00:00Z").await["total"], 2);
    let foreign = format!("/api/chat/search?query={word}&channelId={id}");
    let answer = api.get_as(&eve, &foreign).await;
    assert!(
        answer.status == 403 || answer.json()["total"] == 0,
        "{answer}"
    );
    let short = api.get_as(&ada, "/api/chat/search?query=x").await;
    refused(&short, 400, "validation_failed", &["query"]);
    let wrong = api
        .get_as(&ada, "/api/chat/search?query=xx&before=noon")
        .await;
    refused(&wrong, 400, "validation_failed", &["before"]);
}
