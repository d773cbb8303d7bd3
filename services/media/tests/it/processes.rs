//! The service as a process of its own, which is killed, and whose memory is looked at.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures::StreamExt;
use oruma_blob::BlobConfig;
use oruma_proto::media::v1::file_service_client::FileServiceClient;
use oruma_proto::media::v1::upload_file_request::Part;
use oruma_service_runtime::{ChannelConfig, Env, GrpcClient, connect};
use oruma_test_kit::{S3_KEY_ID, S3_SECRET, S3Server, TestDatabase, eventually};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::files::{header, noise, request, send_file};
use crate::support::{CREDENTIAL, Setup, ada, credential};

/// A process of the service. It is killed with this value.
struct Process {
    child: Child,
    port: u16,
}

impl Process {
    /// Starts one, and waits until it answers.
    async fn start(database: &TestDatabase, variables: &[(&str, &str)]) -> Self {
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let child = Command::new(env!("CARGO_BIN_EXE_oruma-media"))
            .arg("serve")
            .env("DATABASE_URL", database.url())
            .env("INTERNAL_GRPC_TOKEN", CREDENTIAL)
            .env("GRPC_ADDR", format!("127.0.0.1:{port}"))
            .env("RABBITMQ_URL", "amqp://127.0.0.1:1")
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let process = Self { child, port };
        eventually("the process answers", || async {
            tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .is_ok()
        })
        .await;
        process
    }

    fn client(&self) -> FileServiceClient<GrpcClient> {
        let config = ChannelConfig {
            variable: "MEDIA_GRPC_URL".to_owned(),
            url: format!("http://127.0.0.1:{}", self.port).parse().unwrap(),
            deadline: Duration::from_secs(300),
        };
        let channel = connect(&config).unwrap();
        FileServiceClient::new(GrpcClient::new(channel, credential().shown()))
    }

    /// The most memory that it has had, in bytes.
    fn most_memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
        kilobytes.parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn in_bucket(endpoint: &str) -> [(&str, &str); 4] {
    [
        ("AWS_S3_BUCKET", "files"),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", S3_KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", S3_SECRET),
    ]
}

/// Sends a part of a file to a process, and kills it once that is on its way to the store.
async fn kill_in_the_middle(process: Process, length: usize, is_there: impl Fn() -> bool) {
    let (sender, receiver) = mpsc::channel(4);
    let mut client = process.client();
    let uploading = tokio::spawn(async move {
        let parts = ReceiverStream::new(receiver).map(request);
        client.upload_file(ada().send(parts)).await
    });
    sender.send(header("a")).await.unwrap();
    for piece in noise(length).chunks(200_000) {
        sender.send(Part::Chunk(piece.to_vec())).await.unwrap();
    }
    eventually("the part has come", || async { is_there() }).await;
    drop(process);
    assert!(uploading.await.unwrap().is_err());
}

/// A process that is killed in the middle of an upload leaves something that another one finds and removes, and that nobody gets.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_left_on_disk_is_removed() {
    let setup = Setup::new().await;
    let folder = setup.folder.path().to_owned();
    let variables = [("UPLOAD_DIR", folder.to_str().unwrap())];
    let process = Process::start(&setup.database, &variables).await;
    let incoming = || {
        let entries = std::fs::read_dir(folder.join(".incoming")).unwrap();
        let mut sizes = entries.map(|entry| entry.unwrap().metadata().unwrap().len());
        sizes.any(|size| size == 1_000_000)
    };
    kill_in_the_middle(process, 1_000_000, incoming).await;

    let media = setup.start().await;
    assert_eq!(media.files().len(), 1);
    assert_eq!(media.count("media.files").await, 1);
    // The clock of this one is long past the upload.
    media.tidy().await;
    assert!(media.files().is_empty());
    assert_eq!(media.count("media.files").await, 0);
    assert_eq!(media.deletions().await, []);
}

/// The same in a bucket, where half an upload is seen by nobody and paid for all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_left_in_a_bucket_is_removed() {
    let server = S3Server::start("files").await;
    let endpoint = server.endpoint();
    let mut setup = Setup::new().await;
    setup.config.blobs = BlobConfig::from_env(&Env::of_pairs(in_bucket(&endpoint))).unwrap();
    let process = Process::start(&setup.database, &in_bucket(&endpoint)).await;
    // The first part is noted before the second is sent.
    kill_in_the_middle(process, 11_000_000, || server.parts().len() == 2).await;

    let media = setup.start().await;
    media.tidy().await;
    assert_eq!(server.parts(), Vec::<String>::new());
    assert_eq!(server.objects(), Vec::<String>::new());
    assert_eq!(media.count("media.files").await, 0);
}

/// K-37: eight files of 50 MB at once: none of them is ever in memory as a whole.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_never_in_memory_as_a_whole() {
    let server = S3Server::start("files").await;
    let endpoint = server.endpoint();
    let setup = Setup::new().await;
    let variables = [
        in_bucket(&endpoint).as_slice(),
        // A slow machine takes its time.
        &[("UPLOAD_TIMEOUT_SECONDS", "110")],
    ]
    .concat();
    let process = Process::start(&setup.database, &variables).await;
    send_file(process.client(), &ada(), "a", b"words")
        .await
        .unwrap();
    let before = process.most_memory();
    let bytes = noise(50 * 1_048_576);
    let ada = ada();
    let uploads = (0..8).map(|_| send_file(process.client(), &ada, "a.bin", &bytes));
    for sent in futures::future::join_all(uploads).await {
        assert_eq!(sent.unwrap().size_bytes, 50 * 1_048_576);
    }
    let grown = process.most_memory().saturating_sub(before) / 1_048_576;
    assert!(grown < 8 * 20, "grown by {grown} MB");
}
