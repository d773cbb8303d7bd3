//! One upgrade: answered by the app as any request is, and from a 101 on a line that has both directions.

use std::future::poll_fn;
use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use actix_codec::FramedParts;
use actix_http::{ConnectionType, Payload, Request, h1};
use actix_service::Service;
use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Response, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::rt::net::TcpStream;
use actix_web::rt::time::timeout;
use bytes::{Buf, Bytes, BytesMut};
use futures::StreamExt;
use socket2::SockRef;
use tokio_util::codec::Encoder;

use super::line::{Hearing, Saying};

/// How long a client may take to hang up after all was said; what it still sends is passed over.
const FAREWELL: Duration = Duration::from_secs(5);
/// What of a longer answer goes at once.
const PACKET: usize = 16 << 10;

/// What the server has made out of a line so far.
pub(super) type Parts = FramedParts<TcpStream, h1::Codec>;

/// What became of a request.
enum Answered {
    /// The line is open, and this is said on it.
    Open(Saying),
    /// Nothing more is said on this line.
    Refused(Rc<TcpStream>),
}

/// An answer on its way.
struct Answer {
    stream: Rc<TcpStream>,
    codec: h1::Codec,
    unsent: BytesMut,
}

/// Serves one upgrade to its end.
pub(super) async fn serve<S, B>(app: &S, request: Request, parts: Parts)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody + 'static,
{
    // In a box that is gone then: what an answer takes needs more room than an open line.
    let answered = Box::pin(answer(app, request, parts)).await;
    let said = match answered {
        Ok(Answered::Open(saying)) => saying.await,
        Ok(Answered::Refused(stream)) => Ok(stream),
        Err(error) => Err(error),
    };
    match said {
        Ok(stream) => hang_up(stream).await,
        Err(error) => tracing::debug!(%error, "a line broke"),
    }
}

/// Ends a line on which all was said. Hanging up on what the client still sends would have the system drop the last that it was told.
async fn hang_up(stream: Rc<TcpStream>) {
    if SockRef::from(&*stream).shutdown(Shutdown::Write).is_ok() {
        let mut rest = Hearing::new(stream, Bytes::new());
        let passed_over = async { while let Some(Ok(_)) = rest.next().await {} };
        let _ = timeout(FAREWELL, passed_over).await;
    }
}

/// Has the app answer.
async fn answer<S, B>(app: &S, mut request: Request, parts: Parts) -> io::Result<Answered>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody + 'static,
{
    let stream = Rc::new(parts.io);
    // A copy, which is empty mostly: the buffer is not to stay for as long as the line does.
    let first = Bytes::copy_from_slice(&parts.read_buf);
    let hearing = Hearing::new(Rc::clone(&stream), first);
    *request.payload() = Payload::Stream {
        payload: Box::pin(hearing),
    };
    let mut answer = Answer {
        stream,
        codec: parts.codec,
        unsent: parts.write_buf,
    };
    let response = match app.call(request).await {
        Ok(response) => HttpResponse::from(response).map_into_boxed_body(),
        Err(error) => error.error_response(),
    };
    let (head, body) = Response::from(response).into_parts();
    if head.status() != StatusCode::SWITCHING_PROTOCOLS {
        answer.refuse(head, body).await?;
        return Ok(Answered::Refused(answer.stream));
    }
    answer.encode(h1::Message::Item((head, body.size())))?;
    answer.send().await?;
    Ok(Answered::Open(Saying::new(answer.stream, body)))
}

impl Answer {
    /// Answers what opens nothing. The line ends with that, as it may not be one of HTTP any more.
    async fn refuse(&mut self, mut head: Response<()>, mut body: BoxBody) -> io::Result<()> {
        head.head_mut().set_connection_type(ConnectionType::Close);
        // A short answer goes in one packet: some clients look for the body nowhere else.
        self.encode(h1::Message::Item((head, body.size())))?;
        while let Some(part) = poll_fn(|context| Pin::new(&mut body).poll_next(context)).await {
            let part = part.map_err(|error| io::Error::other(error.to_string()))?;
            self.encode(h1::Message::Chunk(Some(part)))?;
            if self.unsent.len() > PACKET {
                self.send().await?;
            }
        }
        self.encode(h1::Message::Chunk(None))?;
        self.send().await
    }

    fn encode(&mut self, part: h1::Message<(Response<()>, BodySize)>) -> io::Result<()> {
        self.codec.encode(part, &mut self.unsent)
    }

    async fn send(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(&self.unsent) {
                Ok(count) => self.unsent.advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
