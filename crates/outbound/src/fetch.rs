//! Fetching a page.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::StreamExt;
use oruma_telemetry::metrics::{Counter, KeyValue, meter};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use url::Url;

use crate::Reach;

/// How long a page may take, with all that it leads through.
const LONGEST: Duration = Duration::from_secs(5);
/// Bytes of a page that are read.
const LARGEST: usize = 512 * 1024;
/// How often a page may lead to another.
const MOST_REDIRECTS: usize = 5;
/// What may be fetched.
const HTML: &str = "text/html";

/// Fetches pages that people name. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbound {
    client: Client,
    reach: Reach,
    fetched: Counter<u64>,
}

/// A page that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where it was found in the end.
    pub url: Url,
    /// Its text, as far as it was read.
    pub html: String,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The link leads where nothing is fetched from.
    #[error("the link may not be followed")]
    Refused,
    /// It leads on and on.
    #[error("the page leads to too many others")]
    TooManyRedirects,
    /// It is no page.
    #[error("there is no HTML")]
    NotHtml,
    /// The server said something else.
    #[error("the server answered {0}")]
    Status(u16),
    /// It did not answer in time.
    #[error("the server is too slow")]
    TooSlow,
    /// It can't be reached, or cut the connection.
    #[error("the server can't be reached")]
    Unreachable,
}

impl FetchError {
    /// In a word, for metrics.
    const fn reason(&self) -> &'static str {
        match self {
            Self::Refused => "out_of_reach",
            Self::TooManyRedirects => "too_many_redirects",
            Self::NotHtml => "not_html",
            Self::Status(_) => "status",
            Self::TooSlow => "too_slow",
            Self::Unreachable => "unreachable",
        }
    }

    /// Whether another try may do better.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::TooSlow | Self::Unreachable => true,
            Self::Status(status) => *status >= 500 || *status == 429,
            Self::Refused | Self::TooManyRedirects | Self::NotHtml => false,
        }
    }
}

impl Outbound {
    /// Fetches from what is within reach.
    ///
    /// # Errors
    /// When the client can't be made.
    pub fn new(reach: Reach) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .dns_resolver(Arc::new(Guarded(reach.clone())))
            .connect_timeout(LONGEST)
            .pool_max_idle_per_host(0)
            .user_agent("Oruma link preview")
            .build()?;
        let fetched = meter("oruma.outbound")
            .u64_counter("oruma.outbound.fetches")
            .with_description("Pages that people named, by outcome: fetched, out_of_reach, …")
            .build();
        Ok(Self {
            client,
            reach,
            fetched,
        })
    }

    /// Fetches a page.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn page(&self, url: &Url) -> Result<Page, FetchError> {
        let page = tokio::time::timeout(LONGEST, self.follow(url.clone()))
            .await
            .unwrap_or(Err(FetchError::TooSlow));
        let outcome = page.as_ref().map_or_else(FetchError::reason, |_| "fetched");
        self.fetched.add(1, &[KeyValue::new("outcome", outcome)]);
        page
    }

    async fn follow(&self, mut url: Url) -> Result<Page, FetchError> {
        for _ in 0..=MOST_REDIRECTS {
            if !self.reach.allows_url(&url) {
                return Err(FetchError::Refused);
            }
            let request = self.client.get(url.clone()).header(ACCEPT, HTML);
            let response = request.send().await.map_err(|error| of_client(&error))?;
            let status = response.status();
            if status.is_redirection() {
                url = next(&url, &response)?;
                continue;
            }
            if !status.is_success() {
                return Err(FetchError::Status(status.as_u16()));
            }
            let html = html(response).await?;
            return Ok(Page { url, html });
        }
        Err(FetchError::TooManyRedirects)
    }
}

/// Where a page leads.
fn next(url: &Url, response: &Response) -> Result<Url, FetchError> {
    let status = response.status().as_u16();
    let location = response.headers().get(LOCATION);
    let location = location.and_then(|location| location.to_str().ok());
    let location = location.ok_or(FetchError::Status(status))?;
    url.join(location).map_err(|_| FetchError::Refused)
}

async fn html(response: Response) -> Result<String, FetchError> {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(HTML) {
        return Err(FetchError::NotHtml);
    }
    let mut read = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| of_client(&error))?;
        let room = LARGEST.saturating_sub(read.len());
        read.extend(chunk.iter().take(room));
        if read.len() >= LARGEST {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&read).into_owned())
}

fn of_client(error: &reqwest::Error) -> FetchError {
    if error.is_timeout() {
        return FetchError::TooSlow;
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<OutOfReach>() {
            return FetchError::Refused;
        }
        cause = inner.source();
    }
    FetchError::Unreachable
}

/// Looks names up, and gives out what may be connected to. The connection goes to what it gives out, and nowhere else.
struct Guarded(Reach);

#[derive(Debug, thiserror::Error)]
#[error("the name stands for nothing that may be reached")]
struct OutOfReach;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0.clone();
        async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            judge(&reach, found)
        }
        .boxed()
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn judge(reach: &Reach, found: impl Iterator<Item = SocketAddr>) -> Result<Addrs, Failure> {
    let found: Vec<SocketAddr> = found.collect();
    let nothing = found.is_empty();
    let within: Vec<SocketAddr> = found
        .into_iter()
        .filter(|address| reach.allows_address(address.ip()))
        .collect();
    if nothing {
        return Err(io::Error::from(io::ErrorKind::NotFound).into());
    }
    if within.is_empty() {
        return Err(OutOfReach.into());
    }
    Ok(Box::new(within.into_iter()))
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    /// A server on this machine that may be reached, with a page at `/` and more.
    async fn server() -> (MockServer, Outbound) {
        let server = MockServer::start().await;
        let outbound = Outbound::new(Reach::public_and([*server.address()])).unwrap();
        (server, outbound)
    }

    async fn answer(server: &MockServer, at: &str, response: ResponseTemplate) {
        Mock::given(path(at))
            .respond_with(response)
            .mount(server)
            .await;
    }

    fn page(text: &str) -> ResponseTemplate {
        ResponseTemplate::new(200).set_body_raw(text.to_owned(), "text/html; charset=utf-8")
    }

    fn to(place: &str) -> ResponseTemplate {
        ResponseTemplate::new(302).insert_header("location", place)
    }

    fn url(server: &MockServer, at: &str) -> Url {
        Url::parse(&format!("{}{at}", server.uri())).unwrap()
    }

    #[tokio::test]
    async fn a_page_is_fetched_through_redirects() {
        let (server, outbound) = server().await;
        answer(&server, "/page", page("<title>é</title>")).await;
        answer(&server, "/first", to("/second")).await;
        answer(&server, "/second", to(&format!("{}/page", server.uri()))).await;
        let fetched = outbound.page(&url(&server, "/first")).await.unwrap();
        assert_eq!(
            (fetched.html.as_str(), fetched.url.path()),
            ("<title>é</title>", "/page")
        );
    }

    /// Literal addresses, names and redirects to either are refused, and nothing is asked there.
    #[tokio::test]
    async fn nothing_inside_is_reached() {
        let (server, outbound) = server().await;
        let other = MockServer::start().await;
        answer(&other, "/", page("secret")).await;
        let port = other.address().port();
        for (nth, place) in [
            format!("http://127.0.0.1:{port}/"),
            format!("http://localhost:{port}/"),
            "http://localhost/".to_owned(),
            "http://localhost./".to_owned(),
            "http://[::1]/".to_owned(),
            "http://169.254.169.254/".to_owned(),
            "http://2130706433/".to_owned(),
            "file:///etc/passwd".to_owned(),
            "//localhost/".to_owned(),
        ]
        .iter()
        .enumerate()
        {
            let at = format!("/{nth}");
            answer(&server, &at, to(place)).await;
            let refusal = outbound.page(&url(&server, &at)).await.unwrap_err();
            assert!(
                matches!(refusal, FetchError::Refused | FetchError::Unreachable),
                "{place} {refusal:?}"
            );
            assert!(
                !matches!(refusal, FetchError::Unreachable) || place.contains("localhost"),
                "{place}"
            );
        }
        let public = Outbound::new(Reach::public()).unwrap();
        let own = public.page(&url(&server, "/page")).await.unwrap_err();
        assert!(matches!(own, FetchError::Refused));
        let local = public
            .page(&Url::parse("http://localhost/").unwrap())
            .await
            .unwrap_err();
        assert!(matches!(local, FetchError::Refused), "{local:?}");
        assert!(other.received_requests().await.unwrap().is_empty());
    }

    /// What a name stands for is judged each time it is looked up: of several addresses only those within reach are left.
    #[test]
    fn names_are_judged_by_what_they_stand_for() {
        let reach = Reach::public();
        let of = |addresses: &[&str]| {
            let found: Vec<SocketAddr> = addresses.iter().map(|one| one.parse().unwrap()).collect();
            judge(&reach, found.into_iter())
                .map(|within| within.map(|one| one.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(
            of(&["127.0.0.1:0", "1.1.1.1:0", "10.0.0.1:0"]).unwrap(),
            ["1.1.1.1:0"]
        );
        assert!(
            of(&["127.0.0.1:0", "[::1]:0"])
                .unwrap_err()
                .is::<OutOfReach>()
        );
        assert!(!of(&[]).unwrap_err().is::<OutOfReach>());
    }

    #[tokio::test]
    async fn what_is_no_page_is_refused() {
        let (server, outbound) = server().await;
        answer(
            &server,
            "/picture",
            ResponseTemplate::new(200).set_body_raw("x", "image/png"),
        )
        .await;
        answer(&server, "/none", ResponseTemplate::new(404)).await;
        answer(&server, "/broken", ResponseTemplate::new(503)).await;
        answer(&server, "/round", to("/round")).await;
        answer(&server, "/nowhere", ResponseTemplate::new(302)).await;
        let fetch = async |at: &str| outbound.page(&url(&server, at)).await.unwrap_err();
        assert!(matches!(fetch("/picture").await, FetchError::NotHtml));
        assert!(matches!(fetch("/none").await, FetchError::Status(404)));
        assert!(!fetch("/none").await.may_pass());
        assert!(fetch("/broken").await.may_pass());
        assert!(matches!(
            fetch("/round").await,
            FetchError::TooManyRedirects
        ));
        assert!(matches!(fetch("/nowhere").await, FetchError::Status(302)));
    }

    /// Of a page without end only the beginning is read.
    #[tokio::test]
    async fn long_pages_are_cut() {
        let (server, outbound) = server().await;
        answer(&server, "/long", page(&"x".repeat(LARGEST + 1_000))).await;
        let fetched = outbound.page(&url(&server, "/long")).await.unwrap();
        assert_eq!(fetched.html.len(), LARGEST);
    }
}
