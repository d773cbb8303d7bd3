//! An open line: what comes in goes to whoever reads the request's payload, what a body says goes out. While nothing moves it holds no buffer.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::error::PayloadError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::rt::net::TcpStream;
use bytes::{Buf, Bytes};
use futures::Stream;

/// Bytes that are read in one step.
const READ: usize = 16 << 10;
/// Parts that go out in one step.
const PARTS: usize = 32;

thread_local! {
    /// Where bytes arrive, on whichever line of this worker.
    static ARRIVALS: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ].into());
}

/// What comes in.
pub(super) struct Hearing {
    stream: Rc<TcpStream>,
    /// What came together with the request.
    first: Bytes,
}

/// What goes out, until the body has said all or the line is broken.
pub(super) struct Saying {
    stream: Rc<TcpStream>,
    body: BoxBody,
    /// What the body has said and the system has not taken yet.
    unsent: VecDeque<Bytes>,
    said_all: bool,
}

// === impl Hearing ===

impl Hearing {
    pub(super) fn new(stream: Rc<TcpStream>, first: Bytes) -> Self {
        Self { stream, first }
    }

    /// What has come; nothing once the client has said all.
    fn poll_read(&self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        loop {
            ready!(self.stream.poll_read_ready(context))?;
            let read = ARRIVALS.with_borrow_mut(|arrivals| {
                let count = self.stream.try_read(arrivals)?;
                let arrived = arrivals.get(..count).unwrap_or_default();
                Ok(Bytes::copy_from_slice(arrived))
            });
            match read {
                Err(error) if would_block(&error) => {}
                read => return Poll::Ready(read),
            }
        }
    }
}

impl Stream for Hearing {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.first.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.first))));
        }
        let heard = ready!(self.poll_read(context)).map_err(PayloadError::Io);
        Poll::Ready(match heard {
            Ok(nothing) if nothing.is_empty() => None,
            heard => Some(heard),
        })
    }
}

// === impl Saying ===

impl Saying {
    pub(super) fn new(stream: Rc<TcpStream>, body: BoxBody) -> Self {
        Self {
            stream,
            body,
            unsent: VecDeque::new(),
            said_all: false,
        }
    }

    /// Takes from the body as much as goes out in one step. What is already there goes in one packet.
    fn fill(&mut self, context: &mut Context<'_>) {
        while !self.said_all && self.unsent.len() < PARTS {
            match Pin::new(&mut self.body).poll_next(context) {
                Poll::Ready(Some(Ok(part))) if part.is_empty() => {}
                Poll::Ready(Some(Ok(part))) => self.unsent.push_back(part),
                Poll::Ready(Some(Err(_)) | None) => self.said_all = true,
                Poll::Pending => return,
            }
        }
    }

    fn poll_write(&self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut parts = [IoSlice::new(&[]); PARTS];
        let filled = parts.iter_mut().zip(&self.unsent);
        let count = filled
            .map(|(place, part)| *place = IoSlice::new(part))
            .count();
        let parts = parts.get(..count).unwrap_or_default();
        loop {
            ready!(self.stream.poll_write_ready(context))?;
            match self.stream.try_write_vectored(parts) {
                Err(error) if would_block(&error) => {}
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => return Poll::Ready(written),
            }
        }
    }

    fn forget(&mut self, mut sent: usize) {
        while let Some(first) = self.unsent.front_mut() {
            if sent < first.len() {
                return first.advance(sent);
            }
            sent -= first.len();
            self.unsent.pop_front();
        }
        self.unsent = VecDeque::new();
    }
}

impl Future for Saying {
    type Output = io::Result<Rc<TcpStream>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            self.fill(context);
            if self.unsent.is_empty() {
                if self.said_all {
                    return Poll::Ready(Ok(Rc::clone(&self.stream)));
                }
                return Poll::Pending;
            }
            let sent = ready!(self.poll_write(context))?;
            self.forget(sent);
        }
    }
}

fn would_block(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

#[cfg(test)]
mod tests {
    use actix_web::body::BodyStream;
    use futures::{StreamExt, stream};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (Rc<TcpStream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let far = TcpStream::connect(listener.local_addr().unwrap());
        let (far, near) = futures::join!(far, listener.accept());
        (Rc::new(near.unwrap().0), far.unwrap())
    }

    #[actix_web::test]
    async fn all_that_a_body_says_goes_out_in_its_order() {
        let (near, mut far) = pair().await;
        // More parts than go in one step, and more bytes than the system takes before somebody reads.
        let parts: Vec<Bytes> = (0..100u8)
            .map(|part| vec![part; 50_000 * usize::from(part % 3)].into())
            .collect();
        let all = parts.concat();
        let said = stream::iter(parts).map(Ok::<_, io::Error>);
        let saying = Saying::new(near, BoxBody::new(BodyStream::new(said)));
        let reading = async {
            let mut heard = Vec::new();
            far.read_to_end(&mut heard).await.unwrap();
            heard
        };
        let (said, heard) = futures::join!(async { drop(saying.await.unwrap()) }, reading);
        assert_eq!((said, heard.len()), ((), all.len()));
        assert!(heard == all, "the bytes are in their order");
    }

    #[actix_web::test]
    async fn what_comes_is_heard_behind_what_came_first_until_all_is_said() {
        let (near, mut far) = pair().await;
        let hearing = Hearing::new(near, Bytes::from_static(b"first "));
        far.write_all(b"then").await.unwrap();
        far.shutdown().await.unwrap();
        let heard: Vec<Bytes> = hearing.map(Result::unwrap).collect().await;
        assert_eq!(heard.concat(), b"first then");
    }

    #[actix_web::test]
    async fn a_line_that_the_client_broke_ends() {
        let (near, far) = pair().await;
        drop(far);
        let endless = stream::repeat(Bytes::from(vec![0; 10_000])).map(Ok::<_, io::Error>);
        let saying = Saying::new(near, BoxBody::new(BodyStream::new(endless)));
        assert!(saying.await.is_err());
    }
}
