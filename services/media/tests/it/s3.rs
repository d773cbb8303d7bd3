//! The service with its files in S3, at a server that checks signatures.

use futures::StreamExt;
use oruma_blob::BlobConfig;
use oruma_proto::media::v1::upload_file_request::Part;
use oruma_service_runtime::Env;
use oruma_test_kit::{S3Server, eventually};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::files::{header, noise, request};
use crate::pictures::jpeg;
use crate::support::{Media, Setup, ada};

async fn start() -> (Media, S3Server) {
    let server = S3Server::start("files").await;
    let mut setup = Setup::new().await;
    let endpoint = server.endpoint();
    let variables = [
        ("AWS_S3_BUCKET", "files"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", oruma_test_kit::S3_KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", oruma_test_kit::S3_SECRET),
    ];
    setup.config.blobs = BlobConfig::from_env(&Env::of_pairs(variables)).unwrap();
    (setup.start().await, server)
}

/// C-034, C-035: short files and long ones, which go to the store in parts, come back as they were, and go when they are deleted.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_kept_in_a_bucket() {
    let (media, server) = start().await;
    let picture = media.send_file(&ada(), "a.jpg", &jpeg()).await;
    assert_eq!(media.read_file(&picture.id).await.unwrap().bytes, jpeg());
    assert!(media.read_thumbnail(&picture.id).await.is_ok());
    let long = noise(17_000_000);
    let file = media.send_file(&ada(), "a.bin", &long).await;
    assert!(media.read_file(&file.id).await.unwrap().bytes == long);
    assert_eq!(server.objects().len(), 3);
    for id in [&picture.id, &file.id] {
        media.delete_file(&ada(), id).await.unwrap();
    }
    media.tidy().await;
    assert_eq!(server.objects(), Vec::<String>::new());
    assert_eq!(media.count("media.files").await, 0);
}

/// Parts of an upload that broke off are gone, even where nobody could clean up at once.
#[tokio::test(flavor = "multi_thread")]
async fn parts_of_an_upload_that_broke_off_are_removed() {
    let (media, server) = start().await;
    let (sender, receiver) = mpsc::channel(4);
    let mut client = media.file_service();
    let uploading = tokio::spawn(async move {
        let parts = ReceiverStream::new(receiver).map(request);
        client.upload_file(ada().send(parts)).await
    });
    sender.send(header("a")).await.unwrap();
    for piece in noise(6_000_000).chunks(200_000) {
        sender.send(Part::Chunk(piece.to_vec())).await.unwrap();
    }
    eventually("a part has come", || async {
        let noted = media.rows("SELECT 1 FROM media.files WHERE ticket IS NOT NULL");
        !noted.await.is_empty() && !server.parts().is_empty()
    })
    .await;
    uploading.abort();
    drop(sender);
    eventually("the parts are gone", || async { server.parts().is_empty() }).await;
    media.clock.advance(chrono::TimeDelta::minutes(16));
    media.tidy().await;
    assert_eq!(media.count("media.files").await, 0);
    assert_eq!(server.objects(), Vec::<String>::new());
}
