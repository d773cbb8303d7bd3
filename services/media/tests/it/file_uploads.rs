//! Taking files of any kind in, and what is not taken.

use std::time::Duration;

use futures::StreamExt;
use image::ImageFormat;
use oruma_proto::media::v1::upload_file_request::Part;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_test_kit::eventually;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::files::{header, noise, request};
use crate::pictures::{bomb, jpeg, picture, png};
use crate::support::{Media, Setup, ada, answered, guest, invalid_fields, refused};

/// Nothing of a refused upload is left anywhere.
async fn leaves_nothing(media: &Media) {
    assert_eq!(media.files(), Vec::<String>::new());
    assert_eq!(media.count("media.files").await, 0);
    assert_eq!(media.count("media.outbox").await, 0);
}

/// C-034, C-152: a file is there as it came, under its name, and is told of.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_in() {
    let media = Media::start().await;
    let bytes = noise(3_000_000);
    let file = media.send_file(&ada(), "Übung 1.bin", &bytes).await;
    assert_eq!(file.name, "Übung 1.bin");
    assert_eq!(file.path, format!("{}/%C3%9Cbung%201.bin", file.id));
    assert_eq!(file.thumbnail_path, "");
    assert_eq!(file.owner_id, ada().user().unwrap().to_string());
    assert_eq!(file.content_type, "application/octet-stream");
    assert_eq!(file.size_bytes, 3_000_000);
    let read = media.read_file(&file.id).await.unwrap();
    assert!(read.bytes == bytes);
    assert_eq!(media.files(), [format!("files/{}", file.id)]);
    assert_eq!(media.kinds().await, ["file.uploaded"]);
}

/// C-152, C-153: what a file is, its content decides; a picture has a small one.
#[tokio::test(flavor = "multi_thread")]
async fn content_decides_what_a_file_is() {
    let media = Media::start().await;
    let gif = picture(300, 200, ImageFormat::Gif);
    let webp = picture(300, 200, ImageFormat::WebP);
    let zip = [b"PK\x03\x04\x14\0\0\0\x08\0".as_slice(), &[0; 50]].concat();
    for (name, bytes, content_type, is_inline, has_thumbnail) in [
        (
            "a.txt",
            b"plain words".as_slice(),
            "text/plain",
            true,
            false,
        ),
        ("a.exe", &jpeg(), "image/jpeg", true, true),
        ("a", &png(), "image/png", true, true),
        ("a.gif", &gif, "image/gif", true, true),
        ("a.webp", &webp, "image/webp", true, true),
        ("a.zip", &zip, "application/zip", false, false),
        (
            "a.pdf",
            b"%PDF-1.7\n\xe2\xe3",
            "application/pdf",
            false,
            false,
        ),
        ("a.html", b"<p>hi</p>", "text/html", false, false),
        (
            "a.png",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
            "image/svg+xml",
            false,
            false,
        ),
        (
            "a.gif",
            b"GIF89a/*<script>alert(1)</script>*/=1;",
            "text/html",
            false,
            false,
        ),
        ("a.js", b"alert(1)", "text/javascript", false, false),
        // What only seems to be a picture is a file all the same.
        (
            "fake.png",
            b"\x89PNG\r\n\x1a\n\0no picture",
            "image/png",
            true,
            false,
        ),
        ("bomb.png", &bomb(), "image/png", true, false),
        ("cut.jpg", &jpeg()[..400], "image/jpeg", true, false),
    ] {
        let file = media.send_file(&ada(), name, bytes).await;
        assert_eq!(file.content_type, content_type, "{name}");
        let read = media.read_file(&file.id).await.unwrap();
        assert_eq!(read.bytes, bytes);
        assert_eq!(read.header.is_inline, is_inline, "{name}");
        assert_eq!(!file.thumbnail_path.is_empty(), has_thumbnail, "{name}");
        let thumbnail = media.read_thumbnail(&file.id).await;
        if has_thumbnail {
            assert_eq!(file.thumbnail_path, format!("{}/thumbnail.jpg", file.id));
            let thumbnail = thumbnail.unwrap();
            assert_eq!(thumbnail.header.content_type, "image/jpeg");
            image::load_from_memory(&thumbnail.bytes).unwrap();
        } else {
            refused(thumbnail, ErrorCode::NotFound, "file_not_found");
        }
    }
}

/// Names are names only, whatever a client says.
#[tokio::test(flavor = "multi_thread")]
async fn names_lead_nowhere() {
    let media = Media::start().await;
    for (name, expected) in [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\0b\r\nSet-Cookie: x", "abSet-Cookie: x"),
        ("", "file"),
        ("..", "file"),
    ] {
        let file = media.send_file(&ada(), name, b"words").await;
        assert_eq!(file.name, expected);
    }
    let long = format!("{}.txt", "n".repeat(5_000));
    let file = media.send_file(&ada(), &long, b"words").await;
    assert_eq!(file.name.len(), 255);
    assert!(media.files().iter().all(|file| file.starts_with("files/")));
}

async fn send_parts(media: &Media, parts: Vec<Part>) -> Result<(), RpcError> {
    let parts: Vec<_> = parts.into_iter().map(request).collect();
    let parts = ada().send(futures::stream::iter(parts));
    answered(media.file_service().upload_file(parts).await).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_empty_too_large_or_nobodys_is_refused() {
    let mut setup = Setup::new().await;
    setup.config.most_file_bytes = 6 * 1_048_576;
    let media = setup.start().await;
    let empty = media.try_send_file(&ada(), "a", b"").await;
    assert_eq!(invalid_fields(empty), ["files"]);
    let mut bytes = noise(6 * 1_048_576 + 1);
    let large = media.try_send_file(&ada(), "a", &bytes).await;
    let refusal = refused(large, ErrorCode::OutOfRange, "file_too_large");
    assert_eq!(refusal.violations[0].field, "files");
    assert_eq!(refusal.message, "The file is larger than 6 MB");
    let nobodys = media.try_send_file(&guest(), "a", b"words").await;
    refused(nobodys, ErrorCode::Unauthenticated, "not_signed_in");
    for parts in [
        vec![],
        vec![Part::Chunk(b"words".to_vec())],
        vec![header("a"), header("a")],
    ] {
        assert_eq!(invalid_fields(send_parts(&media, parts).await), ["header"]);
    }
    // Who went away may seem to have sent all.
    for end in [vec![], vec![Part::Complete(false)]] {
        let parts = [vec![header("a"), Part::Chunk(b"words".to_vec())], end].concat();
        assert_eq!(
            invalid_fields(send_parts(&media, parts).await),
            ["complete"]
        );
    }
    leaves_nothing(&media).await;
    bytes.pop();
    media.send_file(&ada(), "a", &bytes).await;
}

/// Who sends a byte now and then holds a place no longer than others.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_sender_is_refused() {
    let mut setup = Setup::new().await;
    setup.config.upload_timeout = Duration::from_secs(1);
    let media = setup.start().await;
    let drops = futures::stream::unfold(header("a"), |part| async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Some((request(part), Part::Chunk(vec![7])))
    });
    let answer = media.file_service().upload_file(ada().send(drops)).await;
    refused(answered(answer), ErrorCode::Invalid, "upload_too_slow");
    leaves_nothing(&media).await;
}

/// A client that goes away in the middle leaves what has come for nobody, and nothing for ever.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let media = Media::start().await;
    let (sender, receiver) = mpsc::channel(4);
    let mut client = media.file_service();
    let uploading = tokio::spawn(async move {
        let parts = ReceiverStream::new(receiver).map(request);
        client.upload_file(ada().send(parts)).await
    });
    sender.send(header("a")).await.unwrap();
    sender.send(Part::Chunk(noise(100_000))).await.unwrap();
    eventually("the upload has begun", || async {
        media.count("media.files").await == 1
    })
    .await;
    assert_eq!(media.files().len(), 1);
    let id = media.rows("SELECT id FROM media.files").await[0]["id"].clone();
    assert!(media.read_file(id.as_str().unwrap()).await.is_err());
    uploading.abort();
    drop(sender);
    eventually("what has come is gone", || async {
        media.files().is_empty()
    })
    .await;
    media.clock.advance(chrono::TimeDelta::minutes(16));
    media.tidy().await;
    leaves_nothing(&media).await;
}

/// A place for each upload; what comes in addition is told to come again.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_uploads_at_once_are_refused() {
    let media = Media::start().await;
    let mut under_way = Vec::new();
    for _ in 0..32 {
        let (sender, receiver) = mpsc::channel(4);
        sender.send(header("a")).await.unwrap();
        sender.send(Part::Chunk(b"words".to_vec())).await.unwrap();
        let mut client = media.file_service();
        let upload = tokio::spawn(async move {
            let parts = ReceiverStream::new(receiver).map(request);
            answered(client.upload_file(ada().send(parts)).await)
        });
        under_way.push((sender, upload));
    }
    eventually("all have begun", || async {
        media.count("media.files").await == 32
    })
    .await;
    let refusal = media.try_send_file(&ada(), "a", b"words").await;
    let refusal = refused(refusal, ErrorCode::Unavailable, "overloaded");
    assert!(refusal.retry_after.is_some());
    for (sender, upload) in under_way {
        sender.send(Part::Complete(true)).await.unwrap();
        upload.await.unwrap().unwrap();
    }
    media.note(&ada()).await;
    assert_eq!(media.files().len(), 33);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_uploads_at_once_keep_apart() {
    let media = Media::start().await;
    let contents: Vec<Vec<u8>> = (0..16).map(|number| noise(400_000 + number)).collect();
    let ada = ada();
    let uploads = contents
        .iter()
        .map(|bytes| media.send_file(&ada, "a.bin", bytes));
    let files = futures::future::join_all(uploads).await;
    for (file, bytes) in files.iter().zip(&contents) {
        assert!(media.read_file(&file.id).await.unwrap().bytes == *bytes);
    }
    assert_eq!(media.kinds().await.len(), 16);
}

/// A store that fails leaves no row that is served, and nothing for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_keeps_nothing() {
    let media = Media::start().await;
    // A file stands where the folder would have to be.
    std::fs::write(media.folder.path().join("files"), "x").unwrap();
    let failed = media.try_send_file(&ada(), "a", b"words").await;
    refused(failed, ErrorCode::Internal, "internal");
    assert_eq!(media.files(), ["files"]);
    assert_eq!(media.count("media.files").await, 0);
    assert_eq!(media.count("media.outbox").await, 0);
}

/// Without its event there is no file.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_and_its_event_are_made_together() {
    let media = Media::start().await;
    media
        .execute("ALTER TABLE media.outbox RENAME TO elsewhere")
        .await;
    let failed = media.try_send_file(&ada(), "a.jpg", &jpeg()).await;
    refused(failed, ErrorCode::Internal, "internal");
    media
        .execute("ALTER TABLE media.elsewhere RENAME TO outbox")
        .await;
    leaves_nothing(&media).await;
}

/// What a killed process leaves is found by its row: the half of a file, a whole one without the word, and its small picture.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_is_removed() {
    let media = Media::start().await;
    let whole = media.send_file(&ada(), "a.jpg", &jpeg()).await;
    media.send_file(&ada(), "b.jpg", &jpeg()).await;
    std::fs::write(media.folder.path().join(".incoming/half"), "x").unwrap();
    media
        .execute(&format!(
            "UPDATE media.files SET state = 'storing';
             UPDATE media.files SET ticket = 'half' WHERE id = '{}'",
            whole.id
        ))
        .await;
    assert!(!media.has_file(&whole).await);
    media.clock.advance(chrono::TimeDelta::minutes(10));
    media.tidy().await;
    assert_eq!(media.files().len(), 5);
    media.clock.advance(chrono::TimeDelta::minutes(10));
    media.tidy().await;
    assert!(media.files().is_empty());
    assert_eq!(media.count("media.files").await, 0);
}
