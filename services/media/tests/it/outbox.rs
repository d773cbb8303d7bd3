//! The events of the service: their form, and their way to subscribers.

use chrono::TimeDelta;
use oruma_broker::Event;
use oruma_proto::media::v1 as proto;
use oruma_test_kit::eventually;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::pictures::png;
use crate::support::{Media, ada};

const UPLOADED: &str = include_str!("golden/media.image.uploaded.v1.json");
const DELETED: &str = include_str!("golden/media.image.deleted.v1.json");
const FILE_UPLOADED: &str = include_str!("golden/media.file.uploaded.v1.json");
const FILE_DELETED: &str = include_str!("golden/media.file.deleted.v1.json");

/// The event as it is stored, with the ids of the golden files in place of its own.
fn with_golden_ids(event: &Value, image: &proto::Image) -> Value {
    let id = event["id"].as_str().unwrap();
    assert_eq!(&id[14..15], "7", "a UUIDv7");
    let text = event
        .to_string()
        .replace(id, "01932a6e-0000-7000-8000-0000000000e1")
        .replace(&image.id, "01932a6e-0000-7000-8000-0000000000c1")
        .replace(&image.owner_id, "01932a6e-0000-7000-8000-0000000000a1")
        .replace(&format!("\"{}\"", image.size_bytes), "\"107\"");
    serde_json::from_str(&text).unwrap()
}

/// O-025: what others consume has exactly the form that was published first. The files never change: another form is another version.
#[tokio::test(flavor = "multi_thread")]
async fn events_have_the_form_of_the_golden_files() {
    let media = Media::start().await;
    let image = media.upload(&ada(), &png()).await;
    media.clock.advance(TimeDelta::minutes(1));
    media.discard(&ada(), &[&image.path]).await.unwrap();
    let events = media.outbox_json().await;
    assert_eq!(events.len(), 2);
    for (event, golden) in events.iter().zip([UPLOADED, DELETED]) {
        let golden: Value = serde_json::from_str(golden).unwrap();
        assert_eq!(with_golden_ids(event, &image), golden);
    }
}

/// C-034, C-035: the same for files of any kind.
#[tokio::test(flavor = "multi_thread")]
async fn events_of_files_have_the_form_of_the_golden_files() {
    let media = Media::start().await;
    let file = media.note(&ada()).await;
    media.clock.advance(TimeDelta::minutes(1));
    media.delete_file(&ada(), &file.id).await.unwrap();
    let events = media.outbox_json().await;
    assert_eq!(events.len(), 2);
    for (event, golden) in events.iter().zip([FILE_UPLOADED, FILE_DELETED]) {
        let golden: Value = serde_json::from_str(golden).unwrap();
        let text = event
            .to_string()
            .replace(
                event["id"].as_str().unwrap(),
                "01932a6e-0000-7000-8000-0000000000e1",
            )
            .replace(&file.id, "01932a6e-0000-7000-8000-0000000000c1")
            .replace(&file.owner_id, "01932a6e-0000-7000-8000-0000000000a1");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), golden);
    }
}

fn data<T: DeserializeOwned>(golden: &str) -> T {
    let event = Event::from_json(golden.as_bytes()).unwrap();
    serde_json::from_value(event.data).unwrap()
}

/// O-025: whoever reads events by today's messages understands those of the first day.
#[test]
fn golden_events_are_understood() {
    let uploaded: proto::ImageUploadedV1 = data(UPLOADED);
    assert_eq!((uploaded.width, uploaded.size_bytes), (60, 107));
    let deleted: proto::ImageDeletedV1 = data(DELETED);
    assert_eq!(deleted.reason, "discarded");
    assert_eq!(deleted.path, uploaded.path);
    let uploaded: proto::FileUploadedV1 = data(FILE_UPLOADED);
    assert_eq!(uploaded.content_type, "text/plain");
    let deleted: proto::FileDeletedV1 = data(FILE_DELETED);
    assert_eq!(
        (deleted.reason.as_str(), deleted.file_id),
        ("deleted", uploaded.file_id)
    );
}

/// Events reach subscribers in the order of the changes.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_told() {
    let media = Media::start().await;
    let image = media.upload(&ada(), &png()).await;
    media.discard(&ada(), &[&image.path]).await.unwrap();
    media.broker.release();
    eventually("both events are told", || async {
        media.told.events().len() == 2
    })
    .await;
    let told = media.told.events();
    assert_eq!(told[0].kind, "media.image.uploaded.v1");
    assert_eq!(told[1].kind, "media.image.deleted.v1");
    assert!(told.iter().all(|event| event.subject == image.id));
    eventually("the outbox is empty", || async {
        media.count("media.outbox").await == 0
    })
    .await;
}
