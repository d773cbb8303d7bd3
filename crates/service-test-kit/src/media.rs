//! A media service that knows a few pictures.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::stream::BoxStream;
use oruma_ids::UserId;
use oruma_proto::media::v1 as proto;
use oruma_proto::media::v1::image_service_server::{ImageService, ImageServiceServer};
use oruma_rpc_error::{ErrorCode, Fault, Violation};
use oruma_service_runtime::{
    Caller, Channel, GrpcListener, GrpcServer, InternalCredential, Stop, in_process,
};
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};

/// What the service knows, and what it was asked. It has one folder.
#[derive(Clone)]
pub struct Media(Arc<Known>);

struct Known {
    folder: proto::ImageFolder,
    owned: Mutex<HashSet<(UserId, String)>>,
    claimed: Mutex<Vec<Vec<String>>>,
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
            away: AtomicBool::default(),
        }))
    }

    /// Serves until `stop`, and returns the way there.
    pub fn serve(&self, credential: InternalCredential, stop: &Stop) -> Channel {
        let (listener, channel) = in_process();
        let server = GrpcServer {
            listener: GrpcListener::InProcess(listener),
            credential,
            routes: Routes::default().add_service(ImageServiceServer::new(self.clone())),
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
    #[error("Try again later")]
    Away,
}

impl Fault for Refusal {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid(_) => ErrorCode::Invalid,
            Self::Away => ErrorCode::Unavailable,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::Away => "unavailable",
        }
    }

    fn violations(&self) -> Vec<Violation> {
        match self {
            Self::Invalid(violations) => violations.clone(),
            Self::Away => Vec::new(),
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
