//! What messaging tells of files, and accounts that ended.

use oruma_broker::{Broker, Event};
use oruma_proto::messaging::v1::{Attachment, MessageDeletedV1, MessageSentV1};
use oruma_service_runtime::Caller;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Media, ada, bob};
use crate::uses::{event, left};

fn message_id(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

/// Somebody sent a message with these files.
pub(crate) fn sent(message: u128, sender: &Caller, files: &[&str]) -> Event {
    let attachment = |id: &&str| Attachment {
        file_id: (*id).to_owned(),
        ..Default::default()
    };
    let data = MessageSentV1 {
        message_id: message_id(message),
        sender_id: sender.user().unwrap().to_string(),
        attachments: files.iter().map(attachment).collect(),
        ..Default::default()
    };
    event("messaging.message.sent.v1", message_id(0), &data)
}

/// The message with these files is gone.
pub(crate) fn deleted(message: u128, files: &[&str]) -> Event {
    let data = MessageDeletedV1 {
        message_id: message_id(message),
        file_ids: files.iter().map(ToString::to_string).collect(),
        ..Default::default()
    };
    event("messaging.message.deleted.v1", message_id(0), &data)
}

/// How many uses are known.
async fn uses(media: &Media) -> i64 {
    media.count("media.file_uses").await
}

/// C-147: the files of a message that is gone stop downloading at once.
#[tokio::test(flavor = "multi_thread")]
async fn files_go_with_their_message() {
    let media = Media::start().await;
    media.broker.release();
    let first = media.note(&ada()).await;
    let second = media.note(&ada()).await;
    let other = media.note(&ada()).await;
    let ids = [first.id.as_str(), &second.id];
    media.hear(&sent(1, &ada(), &ids)).await;
    media.hear(&sent(2, &ada(), &[&other.id])).await;
    media.hear(&sent(3, &ada(), &[])).await;
    assert_eq!(uses(&media).await, 3);
    let gone = deleted(1, &ids);
    media.hear(&gone).await;
    media.hear(&gone).await;
    for file in [&first, &second] {
        assert!(!media.has_file(file).await);
    }
    assert!(media.has_file(&other).await);
    let mut expected =
        [&first, &second].map(|file| (file.id.clone(), "message_deleted".to_owned()));
    expected.sort();
    assert_eq!(media.deletions().await, expected);
    media.tidy().await;
    assert_eq!(media.files().len(), 1);
    assert_eq!(uses(&media).await, 1);
}

/// Whichever of the two facts comes first, and however often: the files are gone.
#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_the_facts_makes_no_difference() {
    let media = Media::start().await;
    media.broker.release();
    let file = media.note(&ada()).await;
    let facts = [deleted(1, &[&file.id]), sent(1, &ada(), &[&file.id])];
    for fact in facts.iter().chain(&facts) {
        media.hear(fact).await;
        assert!(!media.has_file(&file).await);
    }
    media.tidy().await;
    media.hear(&facts[1]).await;
    assert_eq!(media.count("media.files").await, 0);
    assert_eq!(media.deletions().await.len(), 1);
    let dead = media.broker.dead_letters("media.messages", 10).await;
    assert!(dead.unwrap().is_empty());
}

/// A file in two messages goes with the last one.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_two_messages_stays_with_one() {
    let media = Media::start().await;
    media.broker.release();
    let file = media.note(&ada()).await;
    media.hear(&sent(1, &ada(), &[&file.id])).await;
    media.hear(&sent(2, &ada(), &[&file.id])).await;
    media.hear(&deleted(1, &[&file.id])).await;
    assert!(media.has_file(&file).await);
    media.hear(&deleted(2, &[&file.id])).await;
    assert!(!media.has_file(&file).await);
}

/// Nobody keeps somebody else's files by sending a message.
#[tokio::test(flavor = "multi_thread")]
async fn messages_use_only_files_of_their_sender() {
    let media = Media::start().await;
    media.broker.release();
    let bobs = media.note(&bob()).await;
    let unknown = "01932a6e-0000-7000-8000-0000000000a1";
    media.hear(&sent(1, &ada(), &[&bobs.id, unknown])).await;
    assert_eq!(uses(&media).await, 0);
}

/// What can never be understood is put aside, and does not stop the rest.
#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_put_aside() {
    let media = Media::start().await;
    media.broker.release();
    let file = media.note(&ada()).await;
    let mut nonsense = sent(1, &ada(), &[]);
    nonsense.data = json!({"messageId": "no id", "attachments": [{"fileId": "none"}]});
    media.hear(&nonsense).await;
    let dead = media.broker.dead_letters("media.messages", 10).await;
    assert_eq!(dead.unwrap().len(), 1);
    media.hear(&sent(2, &ada(), &[&file.id])).await;
    assert_eq!(uses(&media).await, 1);
}

/// The files that no message has go with the account; those of messages stay as long as these.
#[tokio::test(flavor = "multi_thread")]
async fn files_without_message_go_with_the_account() {
    let media = Media::start().await;
    media.broker.release();
    let used = media.note(&ada()).await;
    let unused = media.note(&ada()).await;
    let under_way = media.note(&ada()).await;
    let bobs = media.note(&bob()).await;
    media
        .execute(&format!(
            "UPDATE media.files SET state = 'storing' WHERE id = '{}'",
            under_way.id
        ))
        .await;
    media.hear(&sent(1, &ada(), &[&used.id])).await;
    media.hear(&left(&ada())).await;
    assert!(media.has_file(&used).await && media.has_file(&bobs).await);
    assert!(!media.has_file(&unused).await);
    let expected = [(unused.id.clone(), "owner_deleted".to_owned())];
    assert_eq!(media.deletions().await, expected);
    media.clock.advance(chrono::TimeDelta::minutes(16));
    media.tidy().await;
    assert_eq!(media.files().len(), 2);
    media.hear(&deleted(1, &[&used.id])).await;
    assert!(!media.has_file(&used).await);
}

/// Many facts at once about the same files leave the right account.
#[tokio::test(flavor = "multi_thread")]
async fn many_facts_at_once_keep_the_account() {
    let media = Media::start().await;
    media.broker.release();
    let first = media.note(&ada()).await;
    let second = media.note(&ada()).await;
    let ids = [first.id.as_str(), &second.id];
    let facts: Vec<Event> = (1..=20)
        .map(|message| sent(message, &ada(), &ids))
        .chain((1..=19).map(|message| deleted(message, &ids)))
        .collect();
    let (facts, ada) = (&facts, ada());
    let claims = (0..10).map(|_| media.claim_files(&ada, &ids, None));
    let hearing = async {
        for fact in facts {
            media.hear(fact).await;
        }
    };
    let (claimed, ()) = tokio::join!(futures::future::join_all(claims), hearing);
    assert!(claimed.iter().all(Result::is_ok), "{claimed:?}");
    assert_eq!(uses(&media).await, 2);
    assert!(media.has_file(&first).await && media.has_file(&second).await);
    let unused = "SELECT id FROM media.files WHERE unused_since IS NOT NULL";
    assert!(media.rows(unused).await.is_empty());
}
