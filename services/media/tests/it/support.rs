//! What the tests stand on: a running service with a database, a folder, a clock and a broker of its own.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use oruma_blob::BlobConfig;
use oruma_broker::{Broker, Event, InProcessBroker, Subscription};
use oruma_ids::{SessionId, UserId};
use oruma_media::app::App;
use oruma_media::config::Config;
use oruma_media::films::FilmsConfig;
use oruma_media::processing::ProcessingConfig;
use oruma_media::service::{MIGRATIONS, Service};
use oruma_picture::Limits;
use oruma_proto::media::v1 as proto;
use oruma_proto::media::v1::file_service_client::FileServiceClient;
use oruma_proto::media::v1::image_service_client::ImageServiceClient;
use oruma_proto::media::v1::upload_image_request::Part;
use oruma_rpc_error::RpcError;
use oruma_service::Surroundings;
use oruma_service_runtime::{
    Caller, Channel, Clock, ClockHand, GrpcClient, GrpcListener, InternalCredential, Random, Role,
    SignedIn, Stop, in_process_for_files,
};
use oruma_service_test_kit::{Tables, Told};
pub(crate) use oruma_service_test_kit::{answered, guest, invalid_fields, refused, start_time};
use oruma_test_kit::TestDatabase;

use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const POSTS: i32 = proto::ImageFolder::Posts as i32;
pub(crate) const EVENTS: i32 = proto::ImageFolder::Events as i32;
pub(crate) const AVATARS: i32 = proto::ImageFolder::Avatars as i32;
pub(crate) const CREDENTIAL: &str = "0123456789abcdef-of-the-media-tests";

pub(crate) fn credential() -> InternalCredential {
    InternalCredential::new(SecretString::from(CREDENTIAL)).unwrap()
}

/// Somebody who is signed in: the same person for the same number.
pub(crate) fn person(number: u128) -> Caller {
    Caller {
        signed_in: Some(SignedIn {
            user: UserId::from_uuid(Uuid::from_u128(number)),
            role: Role::User,
            session: SessionId::from_uuid(Uuid::from_u128(number)),
            university: String::new(),
        }),
        ..guest()
    }
}

pub(crate) fn ada() -> Caller {
    person(0xada)
}

pub(crate) fn bob() -> Caller {
    person(0xb0b)
}

/// What a service is made from, to be changed before it starts.
pub(crate) struct Setup {
    pub(crate) database: Arc<TestDatabase>,
    pub(crate) folder: Arc<TempDir>,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) hand: ClockHand,
}

impl Setup {
    pub(crate) async fn new() -> Self {
        let database = Arc::new(TestDatabase::create("media", MIGRATIONS).await);
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let (clock, hand) = Clock::standing(start_time());
        let config = Config {
            database: database.config().clone(),
            credential: credential(),
            blobs: BlobConfig::Disk(folder.path().to_owned()),
            processing: ProcessingConfig {
                workers: 2,
                queue: 64,
                limits: Limits {
                    most_pixels: 50_000_000,
                    longest_side: 2_048,
                },
            },
            films: FilmsConfig {
                program: "ffmpeg".into(),
                search_path: None,
                at_once: 2,
                deadline: Duration::from_secs(60),
            },
            most_bytes: 10 * 1_048_576,
            most_file_bytes: 50 * 1_048_576,
            upload_timeout: Duration::from_secs(20),
            scanner: None,
            orphans_kept: TimeDelta::hours(24),
            unused_files_kept: TimeDelta::days(7),
        };
        Self {
            database,
            folder,
            config,
            clock,
            hand,
        }
    }

    /// Starts the service. Its events stay in the outbox until the broker is released.
    pub(crate) async fn start(self) -> Media {
        let (listener, channel) = in_process_for_files();
        let broker = Arc::new(InProcessBroker::holding(None));
        let told = Told::default();
        let everything = Subscription::once("tests.everything", ["media.#"]);
        let subscribed = broker.subscribe(everything, Arc::new(told.clone()));
        subscribed.await.unwrap();
        let surroundings = Surroundings {
            listener: GrpcListener::InProcess(listener),
            broker: Arc::clone(&broker) as Arc<dyn Broker>,
            clock: self.clock,
            random: Random::system(),
        };
        let service = Service::build(self.config, surroundings).unwrap();
        let app = service.app();
        let stop = Stop::new();
        service.start(&stop).await.unwrap();
        Media {
            stop,
            channel,
            app,
            broker,
            told,
            clock: self.hand,
            tables: Tables::of(&self.database),
            folder: self.folder,
            database: self.database,
        }
    }
}

/// A running service.
pub(crate) struct Media {
    stop: Stop,
    pub(crate) channel: Channel,
    pub(crate) app: Arc<App>,
    pub(crate) broker: Arc<InProcessBroker>,
    /// What subscribers of this service's events were told.
    pub(crate) told: Told,
    pub(crate) clock: ClockHand,
    tables: Tables,
    pub(crate) folder: Arc<TempDir>,
    pub(crate) database: Arc<TestDatabase>,
}

impl Deref for Media {
    type Target = Tables;

    fn deref(&self) -> &Tables {
        &self.tables
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.stop.ask();
    }
}

/// What was read of a file.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) header: proto::ReadImageHeader,
    pub(crate) bytes: Vec<u8>,
}

// === impl Media: calls ===

impl Media {
    pub(crate) async fn start() -> Self {
        Setup::new().await.start().await
    }

    pub(crate) fn file_service(&self) -> FileServiceClient<GrpcClient> {
        let client = GrpcClient::new(self.channel.clone(), credential().shown());
        FileServiceClient::new(client)
    }

    pub(crate) fn images(&self) -> ImageServiceClient<GrpcClient> {
        let client = GrpcClient::new(self.channel.clone(), credential().shown());
        ImageServiceClient::new(client)
    }

    /// Uploads what a stream of messages says.
    pub(crate) async fn send(
        &self,
        caller: &Caller,
        parts: Vec<Part>,
    ) -> Result<proto::Image, RpcError> {
        let requests = parts
            .into_iter()
            .map(|part| proto::UploadImageRequest { part: Some(part) });
        let requests = futures::stream::iter(requests.collect::<Vec<_>>());
        let answer = answered(self.images().upload_image(caller.send(requests)).await)?;
        Ok(answer.image.unwrap())
    }

    pub(crate) async fn try_upload(
        &self,
        caller: &Caller,
        folder: i32,
        name: &str,
        bytes: &[u8],
    ) -> Result<proto::Image, RpcError> {
        let mut parts = vec![header(folder, name)];
        parts.extend(
            bytes
                .chunks(256 * 1024)
                .map(|chunk| Part::Chunk(chunk.to_vec())),
        );
        self.send(caller, parts).await
    }

    /// Uploads a picture for a post.
    pub(crate) async fn upload(&self, caller: &Caller, bytes: &[u8]) -> proto::Image {
        self.try_upload(caller, POSTS, "", bytes).await.unwrap()
    }

    pub(crate) async fn read(&self, path: &str) -> Result<Read, RpcError> {
        self.read_part(path, None, None).await
    }

    pub(crate) async fn read_part(
        &self,
        path: &str,
        range_start: Option<i64>,
        range_end: Option<i64>,
    ) -> Result<Read, RpcError> {
        use proto::read_image_response::Part;

        let request = guest().send(proto::ReadImageRequest {
            path: path.to_owned(),
            range_start,
            range_end,
        });
        let mut stream = answered(self.images().read_image(request).await)?;
        let first = stream.message().await?.unwrap();
        let Some(Part::Header(header)) = first.part else {
            panic!("no header");
        };
        let mut bytes = Vec::new();
        while let Some(next) = stream.message().await? {
            let Some(Part::Chunk(chunk)) = next.part else {
                panic!("a second header");
            };
            bytes.extend(chunk);
        }
        assert_eq!(bytes.len() as i64, header.range_length);
        Ok(Read { header, bytes })
    }

    pub(crate) async fn is_served(&self, image: &proto::Image) -> bool {
        let full = self.read(&image.path).await.is_ok();
        let thumbnail = self.read(&image.thumbnail_path).await.is_ok();
        assert_eq!(full, thumbnail);
        full
    }

    pub(crate) async fn claim(
        &self,
        caller: &Caller,
        folder: i32,
        paths: &[&str],
    ) -> Result<Vec<proto::Image>, RpcError> {
        let paths = paths.iter().map(ToString::to_string).collect();
        let request = caller.send(proto::ClaimImagesRequest { paths, folder });
        Ok(answered(self.images().claim_images(request).await)?.images)
    }

    pub(crate) async fn discard(&self, caller: &Caller, paths: &[&str]) -> Result<(), RpcError> {
        let paths = paths.iter().map(ToString::to_string).collect();
        let request = caller.send(proto::DiscardImagesRequest { paths });
        answered(self.images().discard_images(request).await).map(drop)
    }

    pub(crate) async fn export(&self, caller: &Caller) -> Result<Value, RpcError> {
        let request = caller.send(proto::ExportMediaRequest {});
        let answer = answered(self.images().export_media(request).await)?;
        Ok(serde_json::from_str(&answer.document).unwrap())
    }

    /// Removes what is due, as the job does.
    pub(crate) async fn tidy(&self) {
        oruma_media::app::retention::tidy(&self.app).await.unwrap();
    }

    /// Has an event of another service handled, once the broker is released.
    pub(crate) async fn hear(&self, event: &Event) {
        let told = self.broker.publish(std::slice::from_ref(event)).await;
        assert!(told.iter().all(Result::is_ok), "{told:?}");
    }
}

// === impl Media: what is behind ===

impl Media {
    /// The reasons of the deletions that were or are to be told, by picture.
    pub(crate) async fn deletions(&self) -> Vec<(String, String)> {
        let mut deletions: Vec<(String, String)> = Vec::new();
        let waiting = self.outbox_json().await;
        let told = self.told.events();
        let all = told
            .iter()
            .map(|event| (event.subject.clone(), event.data.clone()))
            .chain(waiting.into_iter().map(|event| {
                let subject = event["subject"].as_str().unwrap().to_owned();
                (subject, event["data"].clone())
            }));
        for (subject, data) in all {
            if let Some(reason) = data["reason"].as_str() {
                deletions.push((subject, reason.to_owned()));
            }
        }
        deletions.sort();
        deletions.dedup();
        deletions
    }

    /// All files of the store.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        find_files(self.folder.path(), self.folder.path(), &mut files);
        files.sort();
        files
    }

    /// The file of a picture, as it is stored.
    pub(crate) fn file(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join("images").join(path)).unwrap()
    }
}

fn find_files(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_files(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            files.push(name.to_owned());
        }
    }
}

pub(crate) fn header(folder: i32, name: &str) -> Part {
    Part::Header(proto::UploadImageHeader {
        folder,
        file_name: name.to_owned(),
        ..Default::default()
    })
}
