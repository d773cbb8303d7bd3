//! A media service that knows a few pictures and files.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use futures::FutureExt;
use futures::stream::BoxStream;
use oruma_ids::UserId;
use oruma_proto::media::v1 as proto;
use oruma_proto::media::v1::file_service_server::{FileService, FileServiceServer};
use oruma_proto::media::v1::image_service_server::{ImageService, ImageServiceServer};
use oruma_rpc_error::{ErrorCode, Fault, Violation};
use oruma_service_runtime::{
    Caller, Channel, GrpcListener, GrpcServer, InternalCredential, Stop, in_process,
};
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

/// What the service knows, and what it was asked. It has one folder.
#[derive(Clone)]
pub struct Media(Arc<Known>);

struct Known {
    folder: proto::ImageFolder,
    owned: Mutex<HashSet<(UserId, String)>>,
    claimed: Mutex<Vec<Vec<String>>>,
    files: Mutex<HashMap<String, proto::File>>,
    kept: Mutex<HashMap<String, DateTime<Utc>>>,
    away: AtomicBool,
}

impl Media {
    /// Knows no picture yet.
    #[must_use]
    pub fn of(folder: proto::ImageFolder) -> Self {
        Self(Arc::new(Known {
            folder,
            owned: Mutex::default(),
            claimed: Mutex::default(),
            files: Mutex::default(),
            kept: Mutex::default(),
            away: AtomicBool::default(),
        }))
    }

    /// Serves until `stop`, and returns the way there.
    pub fn serve(&self, credential: InternalCredential, stop: &Stop) -> Channel {
        let (listener, channel) = in_process();
        let server = GrpcServer {
            listener: GrpcListener::InProcess(listener),
            credential,
            routes: Routes::default()
                .add_service(ImageServiceServer::new(self.clone()))
                .add_service(FileServiceServer::new(self.clone())),
            readiness: Box::new(|| async { true }.boxed()),
        };
        stop.spawn("media of the tests", server.serve(stop.token()));
        channel
    }

    /// A picture that a person has uploaded.
    pub fn upload(&self, owner: UserId, name: &str) -> String {
        let folder = match self.0.folder {
            proto::ImageFolder::Events => "events",
            proto::ImageFolder::Marketplace => "marketplace",
            _ => "posts",
        };
        let path = format!("{folder}/{name}.jpg");
        self.0.owned.lock().unwrap().insert((owner, path.clone()));
        path
    }

    /// The id of a text file that a person has uploaded, by a number of its own.
    pub fn upload_file(&self, owner: UserId, number: u16) -> String {
        let id = Uuid::from_u128(0x0193_2a6e_0000_7000_8000_f11e_0000_0000 + u128::from(number));
        let id = id.to_string();
        let file = proto::File {
            id: id.clone(),
            name: format!("notes {number}.txt"),
            path: format!("{id}/notes%20{number}.txt"),
            thumbnail_path: String::new(),
            owner_id: owner.to_string(),
            content_type: "text/plain".to_owned(),
            size_bytes: i64::from(number),
            created_at: None,
        };
        self.0.files.lock().unwrap().insert(id.clone(), file);
        id
    }

    /// Until when a file was asked to be kept.
    pub fn kept_until(&self, file: &str) -> Option<DateTime<Utc>> {
        self.0.kept.lock().unwrap().get(file).copied()
    }

    /// From now on the service can't be used, or can be again.
    pub fn be_away(&self, away: bool) {
        self.0.away.store(away, Ordering::SeqCst);
    }

    /// What was claimed, call by call.
    pub fn claimed(&self) -> Vec<Vec<String>> {
        self.0.claimed.lock().unwrap().clone()
    }
}

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("Some fields are not valid")]
    Invalid(Vec<Violation>),
    #[error("This file is not yours")]
    NotYours,
    #[error("Try again later")]
    Away,
}

impl Fault for Refusal {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid(_) => ErrorCode::Invalid,
            Self::NotYours => ErrorCode::Forbidden,
            Self::Away => ErrorCode::Unavailable,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::NotYours => "not_your_file",
            Self::Away => "unavailable",
        }
    }

    fn violations(&self) -> Vec<Violation> {
        match self {
            Self::Invalid(violations) => violations.clone(),
            Self::NotYours | Self::Away => Vec::new(),
        }
    }
}

#[tonic::async_trait]
impl ImageService for Media {
    async fn claim_images(
        &self,
        request: Request<proto::ClaimImagesRequest>,
    ) -> Result<Response<proto::ClaimImagesResponse>, Status> {
        if self.0.away.load(Ordering::SeqCst) {
            return Err(Refusal::Away.into_status());
        }
        let owner = Caller::of(&request)?.user().unwrap();
        let request = request.into_inner();
        assert_eq!(request.folder(), self.0.folder);
        self.0.claimed.lock().unwrap().push(request.paths.clone());
        let owned = self.0.owned.lock().unwrap();
        let paths = request.paths.into_iter().enumerate();
        let strange: BTreeSet<usize> = paths
            .filter(|(_, path)| !owned.contains(&(owner, path.clone())))
            .map(|(nth, _)| nth)
            .collect();
        if strange.is_empty() {
            return Ok(Response::new(proto::ClaimImagesResponse::default()));
        }
        let violations = strange
            .iter()
            .map(|nth| Violation::new(format!("images[{nth}]"), "is no upload of yours"))
            .collect();
        Err(Refusal::Invalid(violations).into_status())
    }

    async fn upload_image(
        &self,
        _: Request<Streaming<proto::UploadImageRequest>>,
    ) -> Result<Response<proto::UploadImageResponse>, Status> {
        Err(Status::unimplemented(
            "not asked by those who show pictures",
        ))
    }

    type ReadImageStream = BoxStream<'static, Result<proto::ReadImageResponse, Status>>;

    async fn read_image(
        &self,
        _: Request<proto::ReadImageRequest>,
    ) -> Result<Response<Self::ReadImageStream>, Status> {
        Err(Status::unimplemented(
            "not asked by those who show pictures",
        ))
    }

    async fn discard_images(
        &self,
        _: Request<proto::DiscardImagesRequest>,
    ) -> Result<Response<proto::DiscardImagesResponse>, Status> {
        Err(Status::unimplemented(
            "not asked by those who show pictures",
        ))
    }

    async fn export_media(
        &self,
        _: Request<proto::ExportMediaRequest>,
    ) -> Result<Response<proto::ExportMediaResponse>, Status> {
        Err(Status::unimplemented(
            "not asked by those who show pictures",
        ))
    }
}

#[tonic::async_trait]
impl FileService for Media {
    async fn claim_files(
        &self,
        request: Request<proto::ClaimFilesRequest>,
    ) -> Result<Response<proto::ClaimFilesResponse>, Status> {
        if self.0.away.load(Ordering::SeqCst) {
            return Err(Refusal::Away.into_status());
        }
        let owner = Caller::of(&request)?.user().unwrap().to_string();
        let request = request.into_inner();
        self.0
            .claimed
            .lock()
            .unwrap()
            .push(request.file_ids.clone());
        let known = self.0.files.lock().unwrap();
        let asked = request.file_ids.iter().enumerate();
        let unknown: Vec<Violation> = asked
            .filter(|(_, id)| !known.contains_key(*id))
            .map(|(nth, _)| Violation::new(format!("attachments[{nth}]"), "is unknown"))
            .collect();
        if !unknown.is_empty() {
            return Err(Refusal::Invalid(unknown).into_status());
        }
        let files: Vec<proto::File> = request
            .file_ids
            .iter()
            .map(|id| known[id].clone())
            .collect();
        if files.iter().any(|file| file.owner_id != owner) {
            return Err(Refusal::NotYours.into_status());
        }
        if let Some(until) = request.keep_until {
            let until: DateTime<Utc> = until.try_into().unwrap();
            let mut kept = self.0.kept.lock().unwrap();
            kept.extend(request.file_ids.into_iter().map(|id| (id, until)));
        }
        Ok(Response::new(proto::ClaimFilesResponse { files }))
    }

    async fn upload_file(
        &self,
        _: Request<Streaming<proto::UploadFileRequest>>,
    ) -> Result<Response<proto::UploadFileResponse>, Status> {
        Err(Status::unimplemented("not asked by those who carry files"))
    }

    type ReadFileStream = BoxStream<'static, Result<proto::ReadFileResponse, Status>>;

    async fn read_file(
        &self,
        _: Request<proto::ReadFileRequest>,
    ) -> Result<Response<Self::ReadFileStream>, Status> {
        Err(Status::unimplemented("not asked by those who carry files"))
    }

    async fn delete_file(
        &self,
        _: Request<proto::DeleteFileRequest>,
    ) -> Result<Response<proto::DeleteFileResponse>, Status> {
        Err(Status::unimplemented("not asked by those who carry files"))
    }
}
