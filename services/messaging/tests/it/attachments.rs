//! The files of messages, and who is mentioned in them.

use oruma_proto::messaging::v1 as proto;
use oruma_rpc_error::ErrorCode;
use oruma_service_runtime::Caller;
use serde_json::json;

use crate::support::{Messaging, NOTHING, id_of, invalid_fields, not_participant, person, refused};

fn with_files(conversation: &str, content: &str, files: &[&str]) -> proto::SendMessageRequest {
    proto::SendMessageRequest {
        conversation_id: conversation.to_owned(),
        content: content.to_owned(),
        attachment_ids: files.iter().map(|file| (*file).to_owned()).collect(),
        ..proto::SendMessageRequest::default()
    }
}

fn upload(messaging: &Messaging, owner: &Caller, number: u16) -> String {
    messaging.media.upload_file(owner.user().unwrap(), number)
}

/// C-025, C-144: files are shown as media described them, in the order of the request; the text may be empty.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_carries_files() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.open(&ada, &bob).await.id;
    let (one, two) = (upload(&messaging, &ada, 1), upload(&messaging, &ada, 2));
    let sent = messaging
        .try_send_all(&ada, with_files(&id, "", &[&two, &one]))
        .await
        .unwrap();
    assert_eq!(sent.content, "");
    let expected = proto::Attachment {
        file_id: two.clone(),
        name: "notes 2.txt".to_owned(),
        path: format!("{two}/notes%202.txt"),
        thumbnail_path: String::new(),
        content_type: "text/plain".to_owned(),
        size_bytes: 2,
    };
    assert_eq!(
        (sent.attachments.len(), &sent.attachments[0]),
        (2, &expected)
    );
    let seen = messaging.history(&bob, &id).await;
    assert_eq!(seen[0].attachments, sent.attachments);
    let told = messaging.outbox_json().await;
    let told = &told.last().unwrap()["data"]["attachments"];
    assert_eq!(
        (told[0]["fileId"].as_str(), told[1]["fileId"].as_str()),
        (Some(two.as_str()), Some(one.as_str()))
    );
    // With the message its files go.
    messaging.delete(&ada, &sent.id).await.unwrap();
    let told = messaging.outbox_json().await;
    assert_eq!(
        told.last().unwrap()["data"]["fileIds"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(messaging.count("messaging.attachments").await, 0);
}

/// Each file belongs to one message, and to whoever uploaded it.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_ones_own_and_used_once() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.open(&ada, &bob).await.id;
    let (own, foreign) = (upload(&messaging, &ada, 1), upload(&messaging, &bob, 2));
    let send = async |files: &[&str]| {
        messaging
            .try_send_all(&ada, with_files(&id, "hello", files))
            .await
    };
    refused(
        send(&[&foreign]).await,
        ErrorCode::Forbidden,
        "not_your_file",
    );
    assert_eq!(
        invalid_fields(send(&[&own, NOTHING]).await),
        ["attachments[1]"]
    );
    assert_eq!(
        invalid_fields(send(&["nonsense", &own, &own]).await),
        ["attachments[0]", "attachments[2]"]
    );
    assert_eq!(invalid_fields(send(&[NOTHING; 11]).await)[0], "attachments");
    let stranger = messaging
        .try_send_all(&person(3), with_files(&id, "hello", &[&own]))
        .await;
    not_participant(stranger);
    let files = [own.as_str()];
    let (first, second) = tokio::join!(send(&files), send(&files));
    let (done, refusal) = if first.is_ok() {
        (first, second)
    } else {
        (second, first)
    };
    assert_eq!(done.unwrap().attachments.len(), 1);
    assert_eq!(invalid_fields(refusal), ["attachments[0]"]);
    assert_eq!(messaging.history(&ada, &id).await.len(), 1);
    messaging.media.be_away(true);
    let other = upload(&messaging, &ada, 3);
    refused(send(&[&other]).await, ErrorCode::Unavailable, "unavailable");
    messaging.send(&ada, &bob, "without files").await;
}

/// The files of a thread go with what began it, each told with its message.
#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_thread_go_with_it() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    let root = messaging.say(&ada, &id, "root").await;
    messaging.reply(&ada, &root, "without").await;
    let file = upload(&messaging, &bob, 1);
    let reply = proto::SendMessageRequest {
        parent_id: root.id.clone(),
        ..with_files(&id, "with", &[&file])
    };
    let reply = messaging.try_send_all(&bob, reply).await.unwrap();
    messaging.execute("DELETE FROM messaging.outbox").await;
    messaging.delete(&ada, &root.id).await.unwrap();
    let told: Vec<_> = messaging
        .outbox_json()
        .await
        .iter()
        .map(|event| event["data"].clone())
        .collect();
    assert_eq!((told.len(), &told[0]["messageId"]), (2, &json!(root.id)));
    assert_eq!(
        (&told[1]["messageId"], &told[1]["fileIds"]),
        (&json!(reply.id), &json!([file]))
    );
    assert_eq!(messaging.count("messaging.attachments").await, 0);
}

/// C-141: by handle or one-word name, in any case, among those who take part.
#[tokio::test(flavor = "multi_thread")]
async fn those_who_take_part_can_be_mentioned() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let id = messaging.private(&ada, "one", &[&bob, &eve]).await.id;
    let mentioned = async |caller: &Caller, text: &str| {
        messaging.say(caller, &id, text).await;
        let told = messaging.outbox_json().await;
        told.last().unwrap()["data"]["mentionedIds"].clone()
    };
    let both = mentioned(&ada, "Hello @USER-3, and @person2!").await;
    assert_eq!(both, json!([id_of(&eve), id_of(&bob)]));
    assert_eq!(
        mentioned(&ada, "@user-3 @user-3 @Person").await,
        json!([id_of(&eve)])
    );
    for nobody in [
        "x@user-3",
        "@person4",
        "@person1",
        "@user-33",
        "user-3",
        "@user-3@example.org",
    ] {
        assert_eq!(mentioned(&ada, nobody).await, json!(null), "{nobody}");
    }
    // In a direct conversation both become known when it is needed.
    let direct = messaging
        .send(&person(7), &person(8), "Hello @Person8")
        .await;
    assert_eq!(direct.sequence, 1);
    let told = messaging.outbox_json().await;
    assert_eq!(
        told.last().unwrap()["data"]["mentionedIds"],
        json!([id_of(&person(8))])
    );
}
