//! Giving pictures out.

use oruma_rpc_error::ErrorCode;
use sha2::{Digest, Sha256};

use crate::pictures::{jpeg, png};
use crate::support::{Media, ada, refused, start_time};

/// O-086: everybody gets the file, with what a cache needs.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_given_out() {
    let media = Media::start().await;
    let image = media.upload(&ada(), &png()).await;
    for path in [&image.path, &image.thumbnail_path] {
        let read = media.read(path).await.unwrap();
        assert_eq!(read.bytes, media.file(path));
        assert_eq!(read.header.content_type, "image/png");
        assert_eq!(read.header.size_bytes, read.bytes.len() as i64);
        assert_eq!(read.header.range_start, 0);
        assert_eq!(read.header.etag, hex::encode(Sha256::digest(&read.bytes)));
        let modified = read.header.last_modified.unwrap();
        assert_eq!(modified.seconds, start_time().timestamp());
    }
    let other = media.upload(&ada(), &jpeg()).await;
    let etags = [&image.path, &other.path].map(|path| media.read(path));
    let etags = futures::future::join_all(etags).await;
    assert_ne!(
        etags[0].as_ref().unwrap().header.etag,
        etags[1].as_ref().unwrap().header.etag
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_given_out() {
    let media = Media::start().await;
    let image = media.upload(&ada(), &png()).await;
    let whole = media.file(&image.path);
    let size = whole.len() as i64;
    for (start, end, expected) in [
        (Some(0), None, 0..size),
        (Some(10), Some(19), 10..20),
        (Some(size - 1), Some(size + 99), size - 1..size),
        (Some(-7), None, size - 7..size),
        (Some(-size - 7), None, 0..size),
        (None, Some(4), 0..5),
    ] {
        let read = media.read_part(&image.path, start, end).await.unwrap();
        let expected_bytes = &whole[expected.start as usize..expected.end as usize];
        assert_eq!(read.bytes, expected_bytes, "{start:?} {end:?}");
        assert_eq!(read.header.range_start, expected.start);
        assert_eq!(read.header.size_bytes, size);
    }
    for (start, end) in [
        (Some(size), None),
        (Some(5), Some(4)),
        (Some(5), Some(-1)),
        (Some(i64::MAX), Some(i64::MAX)),
    ] {
        let refused_part = media.read_part(&image.path, start, end).await;
        refused(refused_part, ErrorCode::OutOfRange, "range_not_satisfiable");
    }
}

/// O-200: there are no other addresses, whatever is tried.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_is_not_found() {
    let media = Media::start().await;
    let image = media.upload(&ada(), &jpeg()).await;
    std::fs::write(media.folder.path().join("secret"), "x").unwrap();
    let id = &image.id;
    for path in [
        String::new(),
        "posts".to_owned(),
        "../secret".to_owned(),
        "posts/../../secret".to_owned(),
        "/etc/passwd".to_owned(),
        format!("posts/{id}.png"),
        format!("posts/{id}.jpeg"),
        format!("avatars/{id}.jpg"),
        format!("posts/{id}"),
        format!("posts/{}.jpg", id.to_uppercase()),
        "posts/01932a6e-0000-7000-8000-0000000000a1.jpg".to_owned(),
    ] {
        refused(
            media.read(&path).await,
            ErrorCode::NotFound,
            "image_not_found",
        );
    }
    assert!(media.is_served(&image).await);
}

/// What is being stored, and what was deleted, is not given out, even where the files are there.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_stored_is_given_out() {
    let media = Media::start().await;
    let image = media.upload(&ada(), &jpeg()).await;
    for state in [
        "UPDATE media.images SET state = 'storing'",
        "UPDATE media.images SET state = 'deleted', deleted_at = now()",
    ] {
        media.execute(state).await;
        assert!(!media.is_served(&image).await);
    }
    assert_eq!(media.files().len(), 2);
}

/// A file that is lost is not found, and the row stays for whoever looks into it.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_file_is_not_found() {
    let media = Media::start().await;
    let image = media.upload(&ada(), &jpeg()).await;
    for path in [&image.path, &image.thumbnail_path] {
        std::fs::remove_file(media.folder.path().join("images").join(path)).unwrap();
    }
    assert!(!media.is_served(&image).await);
    assert_eq!(media.count("media.images").await, 1);
}
