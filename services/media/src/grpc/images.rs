//! `ImageService`.

use std::sync::Arc;

use futures::stream::BoxStream;
use oruma_proto::media::v1 as proto;
use oruma_proto::media::v1::image_service_server::ImageService;
use oruma_service_runtime::Caller;
use tonic::{Request, Response, Status, Streaming};

use super::convert;
use crate::app::{App, images, reading, uploads};
use crate::domain::range;

/// Pictures.
pub(super) struct Images(pub(super) Arc<App>);

#[tonic::async_trait]
impl ImageService for Images {
    type ReadImageStream = BoxStream<'static, Result<proto::ReadImageResponse, Status>>;

    async fn upload_image(
        &self,
        request: Request<Streaming<proto::UploadImageRequest>>,
    ) -> Result<Response<proto::UploadImageResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut requests = request.into_inner();
        let header = convert::header(requests.message().await?)?;
        let chunks = convert::chunks(requests);
        let image = uploads::upload(&self.0, &caller, &header, chunks).await?;
        Ok(Response::new(proto::UploadImageResponse {
            image: Some(image.into()),
        }))
    }

    async fn read_image(
        &self,
        request: Request<proto::ReadImageRequest>,
    ) -> Result<Response<Self::ReadImageStream>, Status> {
        let request = request.into_inner();
        let range = range::wanted(request.range_start, request.range_end);
        let reading = reading::open(&self.0, &request.path, range).await?;
        Ok(Response::new(convert::responses(reading)))
    }

    async fn claim_images(
        &self,
        request: Request<proto::ClaimImagesRequest>,
    ) -> Result<Response<proto::ClaimImagesResponse>, Status> {
        let caller = Caller::of(&request)?;
        let proto::ClaimImagesRequest { paths, folder } = request.into_inner();
        let folder = convert::folder(folder)?;
        let claimed = images::claim(&self.0, &caller, &paths, folder).await?;
        Ok(Response::new(proto::ClaimImagesResponse {
            images: claimed.into_iter().map(Into::into).collect(),
        }))
    }

    async fn discard_images(
        &self,
        request: Request<proto::DiscardImagesRequest>,
    ) -> Result<Response<proto::DiscardImagesResponse>, Status> {
        let caller = Caller::of(&request)?;
        images::discard(&self.0, &caller, &request.into_inner().paths).await?;
        Ok(Response::new(proto::DiscardImagesResponse {}))
    }

    async fn export_media(
        &self,
        request: Request<proto::ExportMediaRequest>,
    ) -> Result<Response<proto::ExportMediaResponse>, Status> {
        let document = images::export(&self.0, &Caller::of(&request)?).await?;
        Ok(Response::new(proto::ExportMediaResponse { document }))
    }
}
