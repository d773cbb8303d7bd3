//! A thin HTTP client.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::multipart::Form;
use reqwest::{Body, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{Member, Person};

/// Longer than any deadline inside the platform.
const DEADLINE: Duration = Duration::from_secs(40);
/// How often somebody is sent away before that is a failure.
const BUSY: usize = 10;
const PAUSE: Duration = Duration::from_secs(1);
/// Characters of a body in a message.
const SHOWN: usize = 1_000;

/// Asks the gateways in turn, so that a scenario over two of them shows that they agree.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    gateways: Vec<SocketAddr>,
    next: Arc<AtomicUsize>,
    mount: &'static str,
}

/// A request in the making.
pub struct Call(RequestBuilder);

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked, for messages.
    pub asked: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

// === impl Client ===

impl Client {
    /// A client of these gateways.
    #[must_use]
    pub fn new(gateways: Vec<SocketAddr>) -> Self {
        Self::coming_from(gateways, None)
    }

    /// A client of the same gateways that comes from another address, such as 127.1.2.3.
    #[must_use]
    pub fn from(&self, address: &str) -> Self {
        let address = address.parse().expect("an address");
        Self {
            mount: self.mount,
            ..Self::coming_from(self.gateways.clone(), Some(address))
        }
    }

    /// A client of the contract that is mounted there, such as `/connectbest`.
    #[must_use]
    pub fn below(&self, mount: &'static str) -> Self {
        Self {
            mount,
            ..self.clone()
        }
    }

    /// A client of only one of the gateways.
    #[must_use]
    pub fn only(&self, gateway: usize) -> Self {
        let one = self.gateways.get(gateway).expect("there are that many");
        Self {
            gateways: vec![*one],
            ..self.clone()
        }
    }

    fn coming_from(gateways: Vec<SocketAddr>, address: Option<IpAddr>) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(DEADLINE)
            .local_address(address)
            .build()
            .expect("a client is made");
        Self {
            http,
            gateways,
            next: Arc::default(),
            mount: "",
        }
    }

    /// The next gateway.
    #[must_use]
    pub fn gateway(&self) -> SocketAddr {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.gateways.len();
        *self.gateways.get(turn).expect("there is a gateway")
    }

    /// A request of any method.
    #[must_use]
    pub fn call(&self, method: &str, path: &str) -> Call {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        Call(self.http.request(
            method,
            format!("http://{}{}{path}", self.gateway(), self.mount),
        ))
    }

    /// A GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    /// A POST of JSON.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.call("POST", path).json(body)
    }

    /// A GET by somebody.
    pub async fn get_as(&self, member: &Member, path: &str) -> Answer {
        self.get(path).bearer(&member.token).send().await
    }

    /// A POST of JSON by somebody.
    pub async fn post_as(&self, member: &Member, path: &str, body: &Value) -> Answer {
        self.post(path, body).bearer(&member.token).send().await
    }

    /// A request without a body by somebody.
    pub async fn call_as(&self, member: &Member, method: &str, path: &str) -> Answer {
        self.call(method, path).bearer(&member.token).send().await
    }

    /// Joins.
    pub async fn register(&self, person: &Person) -> Answer {
        self.post("/api/auth/register", &person.registration())
            .send()
            .await
    }

    /// Joins, which must succeed.
    pub async fn newcomer(&self) -> Member {
        self.join(Person::new()).await
    }

    /// Joins as somebody, which must succeed. Waits as it is told to while the machine is too busy.
    pub async fn join(&self, person: Person) -> Member {
        for _ in 0..BUSY {
            let answer = self.register(&person).await;
            if answer.status != 503 {
                return answer.must_be(201).member(person);
            }
            tokio::time::sleep(PAUSE).await;
            // The answer may have been lost on its way when all was done.
            let answer = self.sign_in(&person).await;
            if answer.status == 200 {
                return answer.member(person);
            }
        }
        panic!("too busy for {} to join", person.email);
    }

    /// Signs in.
    pub async fn sign_in(&self, person: &Person) -> Answer {
        self.post("/api/auth/login", &person.credentials())
            .send()
            .await
    }

    /// Signs in once more, which must succeed. Waits as [`Client::join`] does.
    pub async fn signed_in(&self, person: &Person) -> Member {
        for _ in 0..BUSY {
            let answer = self.sign_in(person).await;
            if answer.status != 503 {
                return answer.must_be(200).member(person.clone());
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("too busy for {} to sign in", person.email);
    }

    /// Asks who one is.
    pub async fn me(&self, token: &str) -> Answer {
        self.get("/api/auth/me").bearer(token).send().await
    }

    /// Trades a refresh token.
    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        let body = json!({"refreshToken": refresh_token});
        self.post("/api/auth/refresh", &body).send().await
    }

    /// Signs out.
    pub async fn sign_out(&self, member: &Member) -> Answer {
        let body = json!({"refreshToken": member.refresh_token});
        let call = self.post("/api/auth/logout", &body);
        call.bearer(&member.token).send().await
    }
}

// === impl Call ===

impl Call {
    /// With `Authorization: Bearer`.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
        Self(self.0.header(name, value))
    }

    /// With JSON.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    /// With a body as it is, said to be JSON.
    #[must_use]
    pub fn body(self, body: impl Into<Body>) -> Self {
        Self(self.0.body(body)).header("content-type", "application/json")
    }

    /// With a body as it is, said to be of a type.
    #[must_use]
    pub fn bytes(self, bytes: impl Into<Body>, content_type: &str) -> Self {
        Self(self.0.body(bytes)).header("content-type", content_type)
    }

    /// With a body as it is, of which nothing is said.
    #[must_use]
    pub fn text(self, body: &str) -> Self {
        Self(self.0.body(body.to_owned()))
    }

    /// With a form.
    #[must_use]
    pub fn form(self, form: Form) -> Self {
        Self(self.0.multipart(form))
    }

    /// Sends it, and waits for the whole answer.
    ///
    /// # Panics
    /// When there is none.
    pub async fn send(self) -> Answer {
        self.attempt().await.expect("the gateway answers")
    }

    /// Sends it, and waits for the whole answer, if any.
    ///
    /// # Errors
    /// When the gateway is away or the line is lost.
    pub async fn attempt(self) -> Result<Answer, reqwest::Error> {
        let (http, request) = self.0.build_split();
        let request = request?;
        let asked = format!("{} {}", request.method(), request.url());
        let response = http.execute(request).await?;
        Ok(Answer {
            asked,
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await?,
        })
    }
}

// === impl Answer ===

impl Answer {
    /// The same, if it has that status.
    ///
    /// # Panics
    /// When it has another; shows the body.
    #[must_use]
    pub fn must_be(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self}"))
    }

    /// A header as text; empty when it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Who joined or signed in with this answer.
    ///
    /// # Panics
    /// When a part is missing.
    #[must_use]
    pub fn member(&self, person: Person) -> Member {
        let body = self.json();
        let text = |pointer: &str| {
            let found = body.pointer(pointer).and_then(Value::as_str);
            found
                .unwrap_or_else(|| panic!("no {pointer} in {body}"))
                .to_owned()
        };
        Member {
            person,
            id: text("/user/id"),
            token: text("/token"),
            refresh_token: text("/refreshToken"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        let body: String = body.chars().take(SHOWN).collect();
        write!(f, "{} answered {}: {body}", self.asked, self.status)
    }
}
