//! Stored pictures and files on their way to clients: whole or one part, unless the client has them, and never as a page of this origin.

use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, Charset,
    ContentDisposition, DispositionParam, DispositionType, ETAG, ExtendedValue, HeaderMap,
    IF_NONE_MATCH, LAST_MODIFIED, RANGE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, stream};
use oruma_proto::media::v1 as proto;
use oruma_proto::media::v1::read_file_response::Part as FilePart;
use oruma_proto::media::v1::read_image_response::Part as ImagePart;
use oruma_service_runtime::Caller;
use tonic::Status;

use crate::edge::Edge;
use crate::failure::Failure;

/// Pictures never change: one of the same name is the same for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// A file may be deleted: nobody but its reader keeps it, and not for long.
const FOR_MINUTES: &str = "private, max-age=300";

/// What comes, as media says it before the bytes.
struct Given {
    content_type: String,
    /// What browsers are to do with it.
    disposition: Option<ContentDisposition>,
    cache_control: &'static str,
    size: i64,
    etag: String,
    last_modified: Option<pbjson_types::Timestamp>,
    first: i64,
    length: i64,
}

/// Answers a GET or HEAD for a picture at its path below `/uploads/images/`, open to everybody.
///
/// # Errors
/// 404 `image_not_found`, 416 `range_not_satisfiable`.
pub(crate) async fn image(
    edge: &Edge,
    caller: &Caller,
    request: &HttpRequest,
    path: String,
) -> Result<HttpResponse, Failure> {
    let range = range_of(request.headers());
    let message = proto::ReadImageRequest {
        path,
        range_start: range.map(|(start, _)| start),
        range_end: range.and_then(|(_, end)| end),
    };
    let mut images = edge.clients.images.clone();
    let asked = images.read_image(caller.send(message)).await;
    let mut parts = asked.map_err(not_given)?.into_inner();
    let first = parts.message().await?.and_then(|message| message.part);
    let Some(ImagePart::Header(header)) = first else {
        return Err(Failure::internal());
    };
    let given = Given {
        content_type: header.content_type,
        disposition: None,
        cache_control: FOR_EVER,
        size: header.size_bytes,
        etag: header.etag,
        last_modified: header.last_modified,
        first: header.range_start,
        length: header.range_length,
    };
    let bytes = parts.filter_map(async |part| match part {
        Ok(message) => match message.part {
            Some(ImagePart::Chunk(bytes)) => Some(Ok(Bytes::from(bytes))),
            _ => None,
        },
        Err(status) => Some(Err(status)),
    });
    Ok(answer(request, given, range.is_some(), bytes))
}

/// Answers a GET or HEAD for a file or its small picture by the file's id, open to everybody: only what browsers may show is shown, all else is saved under
/// its name.
///
/// # Errors
/// 404 `file_not_found`, 416 `range_not_satisfiable`.
pub(crate) async fn file(
    edge: &Edge,
    caller: &Caller,
    request: &HttpRequest,
    file_id: String,
    thumbnail: bool,
) -> Result<HttpResponse, Failure> {
    let range = range_of(request.headers());
    let message = proto::ReadFileRequest {
        file_id,
        thumbnail,
        range_start: range.map(|(start, _)| start),
        range_end: range.and_then(|(_, end)| end),
    };
    let mut files = edge.clients.files.clone();
    let asked = files.read_file(caller.send(message)).await;
    let mut parts = asked.map_err(not_given)?.into_inner();
    let first = parts.message().await?.and_then(|message| message.part);
    let Some(FilePart::Header(header)) = first else {
        return Err(Failure::internal());
    };
    let given = Given {
        content_type: header.content_type,
        disposition: Some(disposition(header.is_inline, &header.name)),
        cache_control: FOR_MINUTES,
        size: header.size_bytes,
        etag: header.etag,
        last_modified: header.last_modified,
        first: header.range_start,
        length: header.range_length,
    };
    let bytes = parts.filter_map(async |part| match part {
        Ok(message) => match message.part {
            Some(FilePart::Chunk(bytes)) => Some(Ok(Bytes::from(bytes))),
            _ => None,
        },
        Err(status) => Some(Err(status)),
    });
    Ok(answer(request, given, range.is_some(), bytes))
}

/// Of all that is out of bounds, only a range has a status of its own.
fn not_given(status: Status) -> Failure {
    let mut failure = Failure::from(status);
    if failure.reason == "range_not_satisfiable" {
        failure.status = StatusCode::RANGE_NOT_SATISFIABLE;
    }
    failure
}

fn answer(
    request: &HttpRequest,
    given: Given,
    ranged: bool,
    bytes: impl Stream<Item = Result<Bytes, Status>> + 'static,
) -> HttpResponse {
    let etag = format!("\"{}\"", given.etag);
    let fresh = has_etag(request.headers(), &etag);
    let mut response = HttpResponse::build(match (fresh, ranged) {
        (true, _) => StatusCode::NOT_MODIFIED,
        (false, true) => StatusCode::PARTIAL_CONTENT,
        (false, false) => StatusCode::OK,
    });
    response
        .insert_header((ETAG, etag))
        .insert_header((CACHE_CONTROL, given.cache_control))
        .insert_header((ACCEPT_RANGES, "bytes"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"));
    let modified = given
        .last_modified
        .and_then(|time| DateTime::<Utc>::try_from(time).ok());
    if let Some(modified) = modified {
        let text = modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        response.insert_header((LAST_MODIFIED, text));
    }
    if fresh {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, given.content_type));
    if let Some(disposition) = given.disposition {
        response.insert_header(disposition);
    }
    if ranged {
        let last = given.first + given.length - 1;
        let range = format!("bytes {}-{last}/{}", given.first, given.size);
        response.insert_header((CONTENT_RANGE, range));
    }
    let length = u64::try_from(given.length).unwrap_or(0);
    response.no_chunking(length);
    if request.method() == Method::HEAD {
        // The length is told of what a GET would send.
        return response.streaming(stream::empty::<Result<Bytes, Status>>());
    }
    response.streaming(bytes)
}

/// As RFC 6266 has it: the name in ASCII for old clients, and in full for all others.
fn disposition(is_inline: bool, name: &str) -> ContentDisposition {
    let ascii = name.replace(|letter: char| !matches!(letter, ' '..='~'), "_");
    let full = ExtendedValue {
        charset: Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: name.into(),
    };
    ContentDisposition {
        disposition: if is_inline {
            DispositionType::Inline
        } else {
            DispositionType::Attachment
        },
        parameters: vec![
            DispositionParam::Filename(ascii),
            DispositionParam::FilenameExt(full),
        ],
    }
}

/// The one range that is asked for: first and last byte, or, negative, how many of the last ones. Anything else is no range, as HTTP says.
fn range_of(headers: &HeaderMap) -> Option<(i64, Option<i64>)> {
    let (first, last) = headers
        .get(RANGE)?
        .to_str()
        .ok()?
        .strip_prefix("bytes=")?
        .split_once('-')?;
    match (first.trim(), last.trim()) {
        ("", last) => Some((-last.parse::<i64>().ok().filter(|count| *count > 0)?, None)),
        (first, "") => Some((number(first)?, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some((first, Some(last)))
        }
    }
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number| *number >= 0)
}

fn has_etag(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .split(',')
                .map(str::trim)
                .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
        })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(name: actix_web::http::header::HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    }

    #[test]
    fn single_ranges_are_understood() {
        let of = |value: &str| range_of(&headers(RANGE, value));
        assert_eq!(of("bytes=0-99"), Some((0, Some(99))));
        assert_eq!(of("bytes=100-"), Some((100, None)));
        assert_eq!(of("bytes=-5"), Some((-5, None)));
        for other in [
            "bytes=",
            "bytes=5-1",
            "bytes=0-1,3-4",
            "bytes=-0",
            "bytes=--5",
            "items=0-1",
            "bytes=a-b",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn what_the_client_has_is_recognised() {
        for value in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(has_etag(&headers(IF_NONE_MATCH, value), "\"a\""), "{value}");
        }
        assert!(!has_etag(&headers(IF_NONE_MATCH, "\"b\""), "\"a\""));
    }

    #[test]
    fn names_of_all_languages_are_told() {
        assert_eq!(
            disposition(true, "a b.pdf").to_string(),
            "inline; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf"
        );
        assert_eq!(
            disposition(false, "né\"\r\n;.txt").to_string(),
            "attachment; filename=\"n_\\\"__;.txt\"; filename*=UTF-8''n%C3%A9%22%0D%0A%3B.txt"
        );
        let strange: String = ('\0'..='\u{2ff}').collect();
        let strange = disposition(true, &strange).to_string();
        assert!(HeaderValue::from_str(&strange).is_ok());
    }
}
