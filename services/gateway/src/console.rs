//! `/api/console`: a page to try the API by hand and to show it. All that it loads is inside the binary.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH,
    LOCATION,
};
use actix_web::web::{self, ServiceConfig, get, resource};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The page runs its own scripts and talks to its own server, by requests and by socket.
const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
                    base-uri 'none'; frame-ancestors 'none'";
/// Another version of the server may have other files.
const ASK_AGAIN: &str = "no-cache";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! file {
    ($name:literal, $type:expr) => {
        ($name, $type, include_bytes!(concat!("../console/", $name)))
    };
}

/// Name, type and content of each file.
const FILES: &[(&str, &str, &[u8])] = &[
    file!("index.html", HTML),
    file!("console.css", "text/css; charset=utf-8"),
    file!("icon.svg", "image/svg+xml"),
    file!("app.js", SCRIPT),
    file!("api.js", SCRIPT),
    file!("chat.js", SCRIPT),
    file!("feed.js", SCRIPT),
    file!("line.js", SCRIPT),
    file!("signin.js", SCRIPT),
    file!("widgets.js", SCRIPT),
    file!("vendor/preact-htm.js", SCRIPT),
];

/// The page and its files.
pub(crate) fn mount(config: &mut ServiceConfig) {
    // The page finds its files beside itself, so its address ends with a slash.
    config.service(resource("/api/console").route(get().to(|| async {
        HttpResponse::PermanentRedirect()
            .insert_header((LOCATION, "/api/console/"))
            .finish()
    })));
    for (name, kind, content) in FILES {
        let address = match *name {
            "index.html" => "/api/console/".to_owned(),
            name => format!("/api/console/{name}"),
        };
        let etag = etag(content);
        let answer = move |request: HttpRequest| {
            let etag = etag.clone();
            async move { show(&request, kind, content, &etag) }
        };
        config.service(resource(address).route(web::get().to(answer)));
    }
}

fn show(
    request: &HttpRequest,
    kind: &'static str,
    content: &'static [u8],
    etag: &str,
) -> HttpResponse {
    let known = request.headers().get(IF_NONE_MATCH);
    let unchanged = known.is_some_and(|known| HeaderValue::as_bytes(known) == etag.as_bytes());
    let mut response = if unchanged {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((CONTENT_SECURITY_POLICY, PAGE))
        .insert_header((CACHE_CONTROL, ASK_AGAIN))
        .insert_header((ETAG, etag));
    if unchanged {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, kind)).body(content)
}

/// The content decides.
fn etag(content: &[u8]) -> String {
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(content));
    format!("\"{digest}\"")
}
