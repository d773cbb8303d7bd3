//! The HTTP server: requests go to the app, and upgrades go to it too but leave the server's own machinery behind, which keeps
//! buffers of 8 KiB for each way that an idle socket has no use for.

mod line;
mod upgrade;

use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use actix_codec::Framed;
use actix_http::{HttpService, Request, h1};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, fn_factory, fn_service};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Extensions, Server, ServiceResponse};
use actix_web::rt::net::TcpStream;
use futures::future::{FutureExt, LocalBoxFuture};
use socket2::SockRef;
use tokio::sync::OnceCell;

/// A client that sends its request slower than this is cut off.
const SLOWEST_REQUEST: Duration = Duration::from_secs(15);
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long what was sent may stay unread by the client's system.
const LONGEST_UNREAD: Duration = Duration::from_secs(30);
/// Connections of one worker at the most.
const CONNECTIONS: usize = 20_000;
/// How long requests under way may take after the signal to stop, in seconds.
const DRAIN_SECONDS: u64 = 15;

/// The app of a worker: made once, for requests and for upgrades.
struct Shared<F: ServiceFactory<Request>> {
    factory: Rc<F>,
    made: Rc<OnceCell<Rc<F::Service>>>,
}

/// Answers what comes to the listener by the app, of which each worker has one.
///
/// # Errors
/// When the listener can't be used.
pub(crate) fn listen<F, I, S, B>(listener: TcpListener, app: F) -> std::io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<B>,
            Error = actix_web::Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    let builder = Server::build()
        .max_concurrent_connections(CONNECTIONS)
        .shutdown_timeout(DRAIN_SECONDS)
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let server = builder.listen("gateway", listener, move || {
        let stopping = stopping.clone();
        let shared = Shared::new(app().into_factory());
        let upgrades = shared.clone();
        HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(SLOWEST_REQUEST)
            // A frame or the end of an answer would else wait until the client's system has acknowledged what came before.
            .tcp_nodelay(true)
            .on_connect_ext(limit_unread)
            .upgrade(fn_factory(move || {
                let made = upgrades.made();
                async move {
                    let app = made.await?;
                    Ok::<_, ()>(fn_service(move |(request, line)| {
                        upgraded(Rc::clone(&app), request, line)
                    }))
                }
            }))
            .h1(shared)
            .tcp()
    })?;
    Ok(server.run())
}

/// In a box, as the server keeps room for the larger of its own machinery and this.
fn upgraded<S, B>(
    app: Rc<S>,
    request: Request,
    line: Framed<TcpStream, h1::Codec>,
) -> LocalBoxFuture<'static, Result<(), actix_web::Error>>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    async move {
        upgrade::serve(&*app, request, line.into_parts()).await;
        Ok(())
    }
    .boxed_local()
}

/// A client that does not read what it is sent is cut off by the system, whatever still waits for it.
fn limit_unread(stream: &TcpStream, _: &mut Extensions) {
    let socket = SockRef::from(stream);
    if let Err(error) = socket.set_tcp_user_timeout(Some(LONGEST_UNREAD)) {
        tracing::debug!(%error, "connection without a limit for what is unread");
    }
}

// === impl Shared ===

impl<F> Shared<F>
where
    F: ServiceFactory<Request, Config = AppConfig, InitError = ()> + 'static,
{
    fn new(factory: F) -> Self {
        Self {
            factory: Rc::new(factory),
            made: Rc::new(OnceCell::new()),
        }
    }

    fn made(&self) -> impl Future<Output = Result<Rc<F::Service>, ()>> + use<F> {
        let (factory, made) = (Rc::clone(&self.factory), Rc::clone(&self.made));
        async move {
            let make = async || factory.new_service(AppConfig::default()).await.map(Rc::new);
            made.get_or_try_init(make).await.map(Rc::clone)
        }
    }
}

impl<F: ServiceFactory<Request>> Clone for Shared<F> {
    fn clone(&self) -> Self {
        Self {
            factory: Rc::clone(&self.factory),
            made: Rc::clone(&self.made),
        }
    }
}

impl<F> ServiceFactory<Request> for Shared<F>
where
    F: ServiceFactory<Request, Config = AppConfig, InitError = ()> + 'static,
{
    type Response = F::Response;
    type Error = F::Error;
    type Config = ();
    type Service = Rc<F::Service>;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Self::Service, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        self.made().boxed_local()
    }
}
