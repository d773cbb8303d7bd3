//! Giving files out.

use oruma_proto::media::v1::ReadFileRequest;
use oruma_rpc_error::ErrorCode;
use sha2::{Digest, Sha256};

use crate::files::noise;
use crate::pictures::jpeg;
use crate::support::{Media, ada, refused, start_time};

/// Everybody who has the address gets the file and its small picture, with what a cache needs.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_given_out() {
    let media = Media::start().await;
    let file = media.send_file(&ada(), "a b.jpg", &jpeg()).await;
    let read = media.read_file(&file.id).await.unwrap();
    assert_eq!(read.bytes, jpeg());
    assert_eq!(read.header.name, "a b.jpg");
    assert_eq!(read.header.content_type, "image/jpeg");
    assert_eq!(read.header.etag, hex::encode(Sha256::digest(jpeg())));
    let modified = read.header.last_modified.unwrap();
    assert_eq!(modified.seconds, start_time().timestamp());
    let thumbnail = media.read_thumbnail(&file.id).await.unwrap();
    assert_eq!(thumbnail.header.name, "thumbnail.jpg");
    assert!(thumbnail.header.is_inline);
    let digest = Sha256::digest(&thumbnail.bytes);
    assert_eq!(thumbnail.header.etag, hex::encode(digest));
    assert_eq!(thumbnail.header.size_bytes, thumbnail.bytes.len() as i64);

    let text = media.send_file(&ada(), "a.txt", "déjà vu".as_bytes()).await;
    assert_eq!(text.content_type, "text/plain");
    let read = media.read_file(&text.id).await.unwrap();
    assert_eq!(read.header.content_type, "text/plain; charset=utf-8");
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_given_out() {
    let media = Media::start().await;
    let whole = noise(500_000);
    let file = media.send_file(&ada(), "a.bin", &whole).await;
    let part = |range_start, range_end| ReadFileRequest {
        file_id: file.id.clone(),
        thumbnail: false,
        range_start,
        range_end,
    };
    let size = whole.len() as i64;
    for (start, end, expected) in [
        (Some(0), None, 0..size),
        (Some(199_999), Some(200_001), 199_999..200_002),
        (Some(size - 1), Some(size + 99), size - 1..size),
        (Some(-7), None, size - 7..size),
        (None, Some(4), 0..5),
    ] {
        let read = media.read_file_as(part(start, end)).await.unwrap();
        let expected_bytes = &whole[expected.start as usize..expected.end as usize];
        assert!(read.bytes == expected_bytes, "{start:?} {end:?}");
        assert_eq!(read.header.range_start, expected.start);
        assert_eq!(read.header.size_bytes, size);
    }
    for (start, end) in [(Some(size), None), (Some(5), Some(4)), (Some(5), Some(-1))] {
        let refused_part = media.read_file_as(part(start, end)).await;
        refused(refused_part, ErrorCode::OutOfRange, "range_not_satisfiable");
    }
}

/// There are no other addresses, and nothing is given out that is not there as a whole.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_is_not_found() {
    let media = Media::start().await;
    let file = media.note(&ada()).await;
    for id in [
        "",
        "..",
        "nonsense",
        "../images/a",
        "01932a6e-0000-7000-8000-0000000000a1",
    ] {
        refused(
            media.read_file(id).await,
            ErrorCode::NotFound,
            "file_not_found",
        );
    }
    for state in [
        "UPDATE media.files SET state = 'storing'",
        "UPDATE media.files SET state = 'deleted', deleted_at = now()",
    ] {
        media.execute(state).await;
        assert!(!media.has_file(&file).await);
    }
    media
        .execute("UPDATE media.files SET state = 'stored', deleted_at = NULL")
        .await;
    assert!(media.has_file(&file).await);
    // A blob that is lost is not found, and the row stays for whoever looks into it.
    std::fs::remove_file(media.folder.path().join("files").join(&file.id)).unwrap();
    assert!(!media.has_file(&file).await);
    assert_eq!(media.count("media.files").await, 1);
}
