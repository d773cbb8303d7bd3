//! What a client submits with or without files: JSON, or a form whose files go on to media while they arrive.

use actix_multipart::{Field, Multipart};
use actix_web::HttpRequest;
use actix_web::web::Payload;
use oruma_proto::media::v1::ImageFolder;
use oruma_service_runtime::Caller;
use serde::de::DeserializeOwned;

use super::dto::image::path_of;
use super::error::ApiError;
use super::uploads::{Uploads, upload};
use crate::edge::Edge;
use crate::failure::Failure;
use crate::forms::{drain, is_file, is_form, malformed, next_bytes, next_part};
use crate::json;

/// Files of one form at the most; what a post may have is the service's to say.
const MOST_FILES: usize = 10;
/// Parts of one form at the most.
const MOST_PARTS: usize = 64;
/// Bytes of a part that is no file.
const LONGEST_TEXT: usize = 64 * 1024;
/// The fields of a thing that may come with files.
pub(super) trait Fields: Default + DeserializeOwned {
    /// The field with the files, or in JSON with their URLs.
    const FILES: &'static str;
    /// Whether that is one file and not a list.
    const ONE_FILE: bool;
    /// Where the files are kept.
    const FOLDER: ImageFolder;

    /// Sets a field that came as text. Unknown ones are ignored.
    fn set(&mut self, name: &str, text: String) -> Result<(), Failure>;

    /// The URLs that JSON named; `None` where it speaks of none.
    fn urls(&mut self) -> Option<Vec<String>>;
}

/// A thing as it was submitted.
pub(super) struct Submission<'a, F> {
    /// Its fields.
    pub(super) fields: F,
    /// The paths of its pictures, those that were named before those that were sent; `None` where it speaks of none.
    pub(super) images: Option<Vec<String>>,
    /// Its files, which are removed again unless the thing comes about.
    pub(super) uploads: Uploads<'a>,
}

impl<'a, F: Fields> Submission<'a, F> {
    /// Reads a thing.
    pub(super) async fn read(
        edge: &'a Edge,
        caller: &'a Caller,
        request: &HttpRequest,
        payload: Payload,
    ) -> Result<Self, ApiError> {
        let mut submission = Self {
            fields: F::default(),
            images: None,
            uploads: Uploads::new(edge, caller, F::FOLDER),
        };
        if !is_form(request) {
            submission.fields = json::read(payload).await?;
            let urls = submission.fields.urls();
            submission.images = urls.map(|urls| paths_of::<F>(edge, &urls)).transpose()?;
            return Ok(submission);
        }
        let mut form = Multipart::new(request.headers(), payload);
        match submission.read_form(edge, &mut form).await {
            Ok(()) => Ok(submission),
            Err(failure) => {
                drain(form, failure.reason()).await;
                submission.uploads.discard().await;
                Err(failure)
            }
        }
    }

    async fn read_form(&mut self, edge: &Edge, form: &mut Multipart) -> Result<(), ApiError> {
        let mut urls: Option<Vec<String>> = None;
        let mut parts = 0;
        while let Some(mut field) = next_part(form).await? {
            parts += 1;
            if parts > MOST_PARTS {
                return Err(malformed().into());
            }
            let name = field
                .name()
                .unwrap_or_default()
                .trim_end_matches("[]")
                .to_owned();
            if is_file(&field) {
                self.read_file(&name, field).await?;
                continue;
            }
            let text = text_of(&mut field, &name).await?;
            match (name == F::FILES, text.is_empty()) {
                (false, _) => self.fields.set(&name, text)?,
                // An empty file input names none.
                (true, true) => {}
                (true, false) => urls
                    .get_or_insert_default()
                    .extend(list_or_one(&name, text)?),
            }
        }
        if urls.is_none() && self.uploads.count() == 0 {
            return Ok(());
        }
        let mut paths = paths_of::<F>(edge, &urls.unwrap_or_default())?;
        paths.extend(self.uploads.paths());
        if F::ONE_FILE && paths.len() > 1 {
            return Err(Failure::invalid(F::FILES, "must be one file").into());
        }
        self.images = Some(paths);
        Ok(())
    }

    async fn read_file(&mut self, name: &str, field: Field) -> Result<(), ApiError> {
        if name != F::FILES {
            return Err(Failure::invalid(name, "must not be a file").into());
        }
        let place = self.uploads.count();
        if place == MOST_FILES {
            return Err(Failure::invalid(F::FILES, "are too many").into());
        }
        upload(&mut self.uploads, field, &place_name::<F>(place)).await
    }
}

/// The name of the picture at a place.
fn place_name<F: Fields>(place: usize) -> String {
    if F::ONE_FILE {
        F::FILES.to_owned()
    } else {
        format!("{}[{place}]", F::FILES)
    }
}

fn paths_of<F: Fields>(edge: &Edge, urls: &[String]) -> Result<Vec<String>, Failure> {
    let path = |(place, url): (usize, &String)| {
        let path = path_of(&edge.config.public_url, url);
        path.ok_or_else(|| Failure::invalid(&place_name::<F>(place), "is not one of your uploads"))
    };
    urls.iter().enumerate().map(path).collect()
}

async fn text_of(field: &mut Field, name: &str) -> Result<String, Failure> {
    let mut text = Vec::new();
    while let Some(bytes) = next_bytes(field).await? {
        text.extend_from_slice(&bytes);
        if text.len() > LONGEST_TEXT {
            return Err(Failure::invalid(name, "is too long"));
        }
    }
    String::from_utf8(text).map_err(|_| Failure::invalid(name, "must be UTF-8 text"))
}

/// A JSON array of texts; nothing at all is an empty one.
pub(super) fn list(name: &str, text: &str) -> Result<Vec<String>, Failure> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(text).map_err(|_| Failure::invalid(name, "must be a JSON array of texts"))
}

fn list_or_one(name: &str, text: String) -> Result<Vec<String>, Failure> {
    if text.trim_start().starts_with('[') {
        list(name, &text)
    } else {
        Ok(vec![text])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_json_arrays() {
        assert_eq!(list("hashtags", r#"["a", "b"]"#).unwrap(), ["a", "b"]);
        assert_eq!(list("hashtags", " ").unwrap(), Vec::<String>::new());
        for wrong in ["a, b", "{}", "[1]", "\"a\""] {
            assert!(list("hashtags", wrong).is_err(), "{wrong}");
        }
    }
}
