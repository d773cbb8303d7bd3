//! Taking pictures in, and what is not taken.

use std::time::{Duration, Instant};

use futures::StreamExt;
use image::ImageFormat;
use oruma_proto::media::v1 as proto;
use oruma_proto::media::v1::upload_image_request::Part;
use oruma_rpc_error::{ErrorCode, RpcError};

use crate::pictures::{bomb, jpeg, picture, png, sideways};
use crate::support::{
    AVATARS, Media, POSTS, Setup, ada, answered, guest, header, invalid_fields, refused,
};

/// O-025, O-084, O-085, O-086: what is uploaded is there, with a thumbnail, below its folder.
#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_taken_in() {
    let media = Media::start().await;
    let large = picture(3_000, 1_500, ImageFormat::Jpeg);
    let image = media
        .try_upload(&ada(), POSTS, "holiday.JPEG", &large)
        .await
        .unwrap();
    assert_eq!(image.path, format!("posts/{}.jpg", image.id));
    assert_eq!(
        image.thumbnail_path,
        format!("posts/{}-thumbnail.jpg", image.id)
    );
    assert_eq!(image.owner_id, ada().user().unwrap().to_string());
    assert_eq!(
        (image.content_type.as_str(), image.width, image.height),
        ("image/jpeg", 2_048, 1_024)
    );
    let full = media.file(&image.path);
    assert_eq!(image.size_bytes, full.len() as i64);
    let thumbnail = media.file(&image.thumbnail_path);
    let thumbnail = image::load_from_memory(&thumbnail).unwrap();
    assert_eq!((thumbnail.width(), thumbnail.height()), (400, 200));
    assert_eq!(media.files().len(), 2);
}

/// O-079, O-196: each format of the list is taken, for each folder.
#[tokio::test(flavor = "multi_thread")]
async fn each_format_and_folder_is_taken() {
    let media = Media::start().await;
    for (format, name) in [
        (ImageFormat::Jpeg, "a.jpg"),
        (ImageFormat::Jpeg, "a.jpeg"),
        (ImageFormat::Png, "a.png"),
        (ImageFormat::WebP, "a.webp"),
    ] {
        let file = picture(40, 30, format);
        let image = media.try_upload(&ada(), POSTS, name, &file).await.unwrap();
        assert!(media.is_served(&image).await);
    }
    for (folder, name) in [
        (1, "posts"),
        (2, "events"),
        (3, "marketplace"),
        (4, "avatars"),
    ] {
        let image = media.try_upload(&ada(), folder, "", &jpeg()).await.unwrap();
        assert!(image.path.starts_with(&format!("{name}/")));
    }
}

/// O-084: upright, and without the place where it was taken.
#[tokio::test(flavor = "multi_thread")]
async fn metadata_are_gone_and_pictures_upright() {
    let media = Media::start().await;
    let image = media.upload(&ada(), &sideways()).await;
    assert_eq!((image.width, image.height), (40, 60));
    for path in [&image.path, &image.thumbnail_path] {
        let file = media.file(path);
        assert!(
            !file
                .windows(4)
                .any(|part| part == b"Exif" || part == b"GPS ")
        );
    }
}

/// Nothing of a refused upload is left anywhere.
async fn leaves_nothing(media: &Media) {
    assert_eq!(media.files(), Vec::<String>::new());
    assert_eq!(media.count("media.images").await, 0);
    assert_eq!(media.count("media.outbox").await, 0);
}

/// O-079, O-196, O-197, O-199: what is no such picture is refused, and leaves nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_is_refused() {
    let media = Media::start().await;
    let png = png();
    for (name, file) in [
        ("empty.jpg", b"".as_slice()),
        ("text.jpg", b"I am no picture, whatever my name says"),
        ("a.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("a.jpg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("a.gif", b"GIF89a\x01\0\x01\0\0\0\0;"),
        ("cut.png", &png[..png.len() / 2]),
        ("cut.jpg", &jpeg()[..400]),
        ("bomb.png", &bomb()),
        ("lie.jpg", &png),
        ("lie.exe", &png),
    ] {
        let begun = Instant::now();
        let refused = media.try_upload(&ada(), POSTS, name, file).await;
        assert_eq!(invalid_fields(refused), ["image"], "{name}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{name}");
    }
    leaves_nothing(&media).await;
}

/// O-080, O-197: too many bytes are refused as soon as they are too many.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_large_is_refused() {
    let media = Media::start().await;
    let mut file = jpeg();
    file.resize(11 * 1_048_576, 0);
    let refused_upload = media.try_upload(&ada(), POSTS, "a.jpg", &file).await;
    let refusal = refused(refused_upload, ErrorCode::OutOfRange, "file_too_large");
    assert_eq!(refusal.code.http(), 413);
    assert_eq!(refusal.message, "The file is larger than 10 MB");
    assert_eq!(refusal.violations[0].field, "image");
    leaves_nothing(&media).await;

    // To the last byte is fine: what follows the picture is ignored.
    file.truncate(10 * 1_048_576);
    media.upload(&ada(), &file).await;
}

/// C-012, C-123, K-37: whoever asks for others says which formats are taken, and how many bytes, but never more than the service does.
#[tokio::test(flavor = "multi_thread")]
async fn a_contract_has_its_own_formats_and_size() {
    let media = Media::start().await;
    let upload = async |types: &[&str], max_bytes: i64, bytes: &[u8]| {
        let header = Part::Header(proto::UploadImageHeader {
            folder: AVATARS,
            file_name: String::new(),
            content_types: types.iter().map(ToString::to_string).collect(),
            max_bytes,
        });
        let chunks = bytes
            .chunks(200_000)
            .map(|chunk| Part::Chunk(chunk.to_vec()));
        let parts = std::iter::once(header).chain(chunks).collect();
        media.send(&ada(), parts).await
    };
    let wanted = ["image/jpeg", "image/png", "image/gif"];
    let gif = picture(60, 40, ImageFormat::Gif);
    let image = upload(&wanted, 5 * 1_048_576, &gif).await.unwrap();
    assert_eq!(image.content_type, "image/png");
    assert_eq!(
        media.read(&image.path).await.unwrap().header.content_type,
        "image/png"
    );
    assert_eq!(invalid_fields(upload(&[], 0, &gif).await), ["image"]);
    let webp = picture(60, 40, ImageFormat::WebP);
    let refusal = upload(&wanted, 0, &webp).await.unwrap_err();
    assert_eq!(
        refusal.violations[0].problem,
        "must be a JPG, PNG or GIF picture"
    );
    let unknown = upload(&["image/svg+xml"], 0, &jpeg()).await;
    assert_eq!(invalid_fields(unknown), ["content_types"]);

    let mut large = jpeg();
    large.resize(5 * 1_048_576 + 1, 0);
    let refusal = refused(
        upload(&wanted, 5 * 1_048_576, &large).await,
        ErrorCode::OutOfRange,
        "file_too_large",
    );
    assert_eq!(refusal.message, "The file is larger than 5 MB");
    large.pop();
    upload(&wanted, 5 * 1_048_576, &large).await.unwrap();
    large.resize(10 * 1_048_576 + 1, 0);
    let refusal = upload(&wanted, 50 * 1_048_576, &large).await;
    refused(refusal, ErrorCode::OutOfRange, "file_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_uploads_nothing() {
    let media = Media::start().await;
    let refused_upload = media.try_upload(&guest(), POSTS, "a.jpg", &jpeg()).await;
    refused(refused_upload, ErrorCode::Unauthenticated, "not_signed_in");
    leaves_nothing(&media).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_begins_with_one_header() {
    let media = Media::start().await;
    let chunk = || Part::Chunk(jpeg());
    for (parts, field) in [
        (vec![], "header"),
        (vec![chunk()], "header"),
        (
            vec![header(POSTS, ""), header(POSTS, ""), chunk()],
            "header",
        ),
        (vec![header(0, ""), chunk()], "folder"),
        (vec![header(99, ""), chunk()], "folder"),
        (
            vec![header(POSTS, &"n".repeat(2_000)), chunk()],
            "file_name",
        ),
        (vec![header(POSTS, "")], "image"),
    ] {
        assert_eq!(invalid_fields(media.send(&ada(), parts).await), [field]);
    }
    leaves_nothing(&media).await;
}

/// Whoever goes away in the middle leaves nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_broken_off_leaves_nothing() {
    let media = Media::start().await;
    let parts = [header(POSTS, ""), Part::Chunk(jpeg())];
    let requests = parts.map(|part| proto::UploadImageRequest { part: Some(part) });
    let endless = futures::stream::iter(requests).chain(futures::stream::pending());
    let mut client = media.images();
    let upload = client.upload_image(ada().send(endless));
    let broken_off = tokio::time::timeout(Duration::from_millis(300), upload).await;
    assert!(broken_off.is_err());
    leaves_nothing(&media).await;
}

/// Who sends a byte now and then holds a place no longer than others.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_sender_is_refused() {
    let mut setup = Setup::new().await;
    setup.config.upload_timeout = Duration::from_secs(1);
    let media = setup.start().await;
    let drops = futures::stream::unfold(header(POSTS, ""), |part| async {
        let request = proto::UploadImageRequest { part: Some(part) };
        tokio::time::sleep(Duration::from_millis(50)).await;
        Some((request, Part::Chunk(vec![0xFF])))
    });
    let answer = media.images().upload_image(ada().send(drops)).await;
    refused(answered(answer), ErrorCode::Invalid, "upload_too_slow");
    leaves_nothing(&media).await;
}

/// A place for uploads and one for work: what comes in addition is told to come again, while other calls are quick.
#[tokio::test(flavor = "multi_thread")]
async fn overload_is_refused_and_nothing_else_slows_down() {
    let mut setup = Setup::new().await;
    setup.config.processing.workers = 1;
    setup.config.processing.queue = 1;
    let media = setup.start().await;
    let known = media.upload(&ada(), &jpeg()).await;
    let large = picture(5_000, 4_000, ImageFormat::Jpeg);
    let ada = ada();
    let uploads = (0..8).map(|_| media.try_upload(&ada, POSTS, "", &large));
    let reads = async {
        for _ in 0..20 {
            let begun = Instant::now();
            assert!(media.is_served(&known).await);
            assert!(begun.elapsed() < Duration::from_secs(1));
        }
    };
    let (answers, ()) = tokio::join!(futures::future::join_all(uploads), reads);
    let (taken, refusals): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert!(!taken.is_empty());
    assert!(!refusals.is_empty());
    for refusal in refusals {
        let refusal: RpcError = refused(refusal, ErrorCode::Unavailable, "overloaded");
        assert!(refusal.retry_after.is_some());
    }
    // Afterwards all is well again.
    media.upload(&ada, &jpeg()).await;
    assert_eq!(media.files().len(), 2 * (taken.len() + 2));
}

/// A store that fails leaves no row that is served, and nothing for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_keeps_nothing() {
    let media = Media::start().await;
    // A file stands where the folder would have to be.
    std::fs::write(media.folder.path().join("images"), "x").unwrap();
    let failed = media.try_upload(&ada(), POSTS, "", &jpeg()).await;
    refused(failed, ErrorCode::Internal, "internal");
    assert_eq!(media.files(), ["images"]);
    assert_eq!(media.count("media.outbox").await, 0);
    assert_eq!(media.count("media.images").await, 0);
}

/// Without its event there is no picture.
#[tokio::test(flavor = "multi_thread")]
async fn a_picture_and_its_event_are_made_together() {
    let media = Media::start().await;
    media
        .execute("ALTER TABLE media.outbox RENAME TO elsewhere")
        .await;
    let failed = media.try_upload(&ada(), AVATARS, "", &jpeg()).await;
    refused(failed, ErrorCode::Internal, "internal");
    let states = media.rows("SELECT state FROM media.images").await;
    assert_eq!(states, [serde_json::json!({"state": "storing"})]);
    media
        .execute("ALTER TABLE media.elsewhere RENAME TO outbox")
        .await;

    // What may be left over is removed, once no upload can be that slow.
    media.tidy().await;
    assert_eq!(media.files().len(), 2);
    media.clock.advance(chrono::TimeDelta::minutes(16));
    media.tidy().await;
    leaves_nothing(&media).await;
}

/// An edge that does not say for whom it calls is at fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_caller_is_refused() {
    let media = Media::start().await;
    let requests = futures::stream::iter(Vec::<proto::UploadImageRequest>::new());
    let status = media.images().upload_image(requests).await;
    assert!(answered(status).is_err());
}
