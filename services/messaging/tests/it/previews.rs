//! What stands behind links.

use chrono::TimeDelta;
use oruma_messaging::app::previews;
use oruma_outbound::Reach;
use oruma_proto::messaging::v1 as proto;
use oruma_test_kit::eventually;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{Messaging, person};

async fn with_pages() -> (Messaging, MockServer) {
    let server = MockServer::start().await;
    let address = *server.address();
    let messaging = Messaging::with(|config| config.reach = Reach::public_and([address])).await;
    (messaging, server)
}

async fn answer(server: &MockServer, at: &str, response: ResponseTemplate) {
    Mock::given(path(at))
        .respond_with(response)
        .mount(server)
        .await;
}

fn page(title: &str) -> ResponseTemplate {
    let html = format!(
        "<title>{title}</title><meta name=description content='Of it'><meta property=og:image content=/pic.png>"
    );
    ResponseTemplate::new(200).set_body_raw(html, "text/html")
}

async fn preview(messaging: &Messaging, id: &str) -> Option<proto::LinkPreview> {
    messaging
        .message(&person(1), id)
        .await
        .unwrap()
        .link_preview
}

/// C-140, C-199: shown a while after the message, told, and fetched once for all who link there.
#[tokio::test(flavor = "multi_thread")]
async fn links_are_looked_behind() {
    let (messaging, server) = with_pages().await;
    answer(&server, "/page", page("A page")).await;
    let (ada, bob) = (person(1), person(2));
    let link = format!("{}/page", server.uri());
    let first = messaging.send(&ada, &bob, &format!("see {link}.")).await;
    assert_eq!(first.link_preview, None);
    eventually("it is shown", || async {
        preview(&messaging, &first.id).await.is_some()
    })
    .await;
    let expected = proto::LinkPreview {
        url: link.clone(),
        title: "A page".to_owned(),
        description: "Of it".to_owned(),
        image_url: format!("{}/pic.png", server.uri()),
    };
    assert_eq!(preview(&messaging, &first.id).await, Some(expected));
    let told = messaging.outbox_json().await;
    let told = &told.last().unwrap()["data"];
    assert_eq!(
        (&told["reason"], &told["message"]["linkPreview"]["title"]),
        (&"previewed".into(), &"A page".into())
    );
    let second = messaging.send(&bob, &ada, &link).await;
    eventually("it is shown again", || async {
        preview(&messaging, &second.id).await.is_some()
    })
    .await;
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    // Another text has another preview, or none.
    messaging.edit(&bob, &second.id, "no link").await.unwrap();
    assert_eq!(preview(&messaging, &second.id).await, None);
    assert_eq!(messaging.count("messaging.preview_jobs").await, 0);
}

/// A server that fails is asked again some times; a page without anything to show is not.
#[tokio::test(flavor = "multi_thread")]
async fn failures_are_tried_again_and_not_for_ever() {
    let (messaging, server) = with_pages().await;
    answer(&server, "/broken", ResponseTemplate::new(503)).await;
    answer(&server, "/nothing", ResponseTemplate::new(404)).await;
    let (ada, bob) = (person(1), person(2));
    let asked = async || server.received_requests().await.unwrap().len();
    messaging
        .send(&ada, &bob, &format!("{}/nothing", server.uri()))
        .await;
    eventually("it is known that there is nothing", || async {
        messaging.count("messaging.preview_jobs").await == 0
    })
    .await;
    assert_eq!(asked().await, 1);
    messaging
        .send(&ada, &bob, &format!("{}/broken", server.uri()))
        .await;
    for times in 1..=3 {
        eventually("it was asked", || async { asked().await == 1 + times }).await;
        messaging.clock.advance(TimeDelta::seconds(31));
        while previews::look_once(&messaging.app).await.unwrap() {}
    }
    eventually("it is given up", || async {
        messaging.count("messaging.preview_jobs").await == 0
    })
    .await;
    assert_eq!(asked().await, 4);
}

/// Links into the own network are looked behind by nobody.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_inside_is_fetched() {
    let (messaging, _server) = with_pages().await;
    let inside = MockServer::start().await;
    answer(&inside, "/", page("secret")).await;
    let (ada, bob) = (person(1), person(2));
    let message = messaging
        .send(&ada, &bob, &format!("{} http://localhost/", inside.uri()))
        .await;
    eventually("it is refused", || async {
        messaging.count("messaging.preview_jobs").await == 0
    })
    .await;
    assert_eq!(preview(&messaging, &message.id).await, None);
    assert!(inside.received_requests().await.unwrap().is_empty());
}

/// What was removed or changed meanwhile gets no preview.
#[tokio::test(flavor = "multi_thread")]
async fn the_newest_text_counts() {
    let (messaging, server) = with_pages().await;
    answer(&server, "/one", page("One")).await;
    answer(&server, "/two", page("Two")).await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    let message = messaging
        .say(&ada, &id, &format!("{}/one", server.uri()))
        .await;
    messaging
        .edit(&ada, &message.id, &format!("{}/two", server.uri()))
        .await
        .unwrap();
    eventually("the second is shown", || async {
        preview(&messaging, &message.id)
            .await
            .is_some_and(|preview| preview.title == "Two")
    })
    .await;
    let gone = messaging
        .say(&ada, &id, &format!("{}/one", server.uri()))
        .await;
    messaging.delete(&ada, &gone.id).await.unwrap();
    eventually("nothing is left to do", || async {
        messaging.count("messaging.preview_jobs").await == 0
    })
    .await;
}
