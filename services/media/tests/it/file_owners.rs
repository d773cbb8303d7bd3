//! What owners do with their files, and others can't.

use chrono::TimeDelta;
use oruma_rpc_error::ErrorCode;
use oruma_service_runtime::{Caller, Role, SignedIn};

use crate::pictures::jpeg;
use crate::support::{Media, ada, bob, guest, invalid_fields, refused, start_time};

fn admin() -> Caller {
    let someone = crate::support::person(0xad);
    let signed_in = someone.signed_in.clone().unwrap();
    Caller {
        signed_in: Some(SignedIn {
            role: Role::Admin,
            ..signed_in
        }),
        ..someone
    }
}

/// C-035, C-155: only who uploaded a file deletes it, not even an administrator does; it is gone at once, used or not.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_uploader_deletes() {
    let media = Media::start().await;
    media.broker.release();
    let file = media.send_file(&ada(), "a.jpg", &jpeg()).await;
    media
        .hear(&crate::file_uses::sent(1, &ada(), &[&file.id]))
        .await;
    for other in [bob(), admin()] {
        let refusal = media.delete_file(&other, &file.id).await;
        refused(refusal, ErrorCode::Forbidden, "not_your_file");
    }
    let refusal = media.delete_file(&guest(), &file.id).await;
    refused(refusal, ErrorCode::Unauthenticated, "not_signed_in");
    assert!(media.has_file(&file).await);

    media.delete_file(&ada(), &file.id).await.unwrap();
    assert!(!media.has_file(&file).await);
    assert!(media.read_thumbnail(&file.id).await.is_err());
    for id in [
        file.id.as_str(),
        "nonsense",
        "01932a6e-0000-7000-8000-0000000000a1",
    ] {
        let refusal = media.delete_file(&ada(), id).await;
        refused(refusal, ErrorCode::NotFound, "file_not_found");
    }
    media.tidy().await;
    assert!(media.files().is_empty());
    assert_eq!(media.count("media.file_uses").await, 0);
    let expected = [(file.id.clone(), "deleted".to_owned())];
    assert_eq!(media.deletions().await, expected);
}

/// Many who delete at once delete once.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_deleted_once() {
    let media = Media::start().await;
    let file = media.note(&ada()).await;
    let ada = ada();
    let deletions = (0..8).map(|_| media.delete_file(&ada, &file.id));
    let done = futures::future::join_all(deletions).await;
    assert_eq!(done.iter().filter(|deleted| deleted.is_ok()).count(), 1);
    assert_eq!(media.deletions().await.len(), 1);
    assert_eq!(media.count("media.outbox").await, 2);
}

/// Own files are claimed in their order; those of others are refused, and what is not there is named.
#[tokio::test(flavor = "multi_thread")]
async fn only_own_files_are_claimed() {
    let media = Media::start().await;
    let first = media.note(&ada()).await;
    let second = media.note(&ada()).await;
    let strangers = media.note(&bob()).await;
    let ids = [second.id.as_str(), &first.id, &second.id];
    let claimed = media.claim_files(&ada(), &ids, None).await.unwrap();
    assert_eq!(claimed, [second.clone(), first.clone(), second.clone()]);
    assert_eq!(media.claim_files(&ada(), &[], None).await.unwrap(), []);

    for other in [ada(), admin()] {
        let foreign = media.claim_files(&other, &[&strangers.id], None).await;
        refused(foreign, ErrorCode::Forbidden, "not_your_file");
    }
    let ids = [
        first.id.as_str(),
        "nonsense",
        "01932a6e-0000-7000-8000-0000000000a1",
    ];
    let unknown = media.claim_files(&ada(), &ids, None).await;
    assert_eq!(
        invalid_fields(unknown),
        ["attachments[1]", "attachments[2]"]
    );
    media.delete_file(&ada(), &second.id).await.unwrap();
    let gone = media.claim_files(&ada(), &[&second.id], None).await;
    assert_eq!(invalid_fields(gone), ["attachments[0]"]);
    let many = vec![first.id.as_str(); 21];
    let many = media.claim_files(&ada(), &many, None).await;
    assert_eq!(invalid_fields(many), ["attachments"]);
    let late = start_time() + TimeDelta::days(401);
    let late = media.claim_files(&ada(), &[&first.id], Some(late)).await;
    assert_eq!(invalid_fields(late), ["keep_until"]);
    let nobodys = media.claim_files(&guest(), &[&first.id], None).await;
    refused(nobodys, ErrorCode::Unauthenticated, "not_signed_in");
}

/// The export has the files that the person uploaded, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_all_own_files() {
    let media = Media::start().await;
    let own = media.send_file(&ada(), "a b.txt", b"words").await;
    let gone = media.note(&ada()).await;
    media.delete_file(&ada(), &gone.id).await.unwrap();
    media.note(&bob()).await;
    let document = media.export(&ada()).await.unwrap();
    let expected = serde_json::json!([{
        "path": format!("{}/a%20b.txt", own.id),
        "name": "a b.txt",
        "contentType": "text/plain",
        "sizeBytes": 5,
        "createdAt": "2027-01-15T10:00:00.123Z",
    }]);
    assert_eq!(document["files"], expected);
}
