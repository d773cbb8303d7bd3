//! The sending half of a connection: the body of the answer to the upgrade, which the server polls whenever the connection takes more.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;

use super::frame::Close;
use super::hub::Outbound;
use super::meters::METERS;
use super::socket::Socket;
use crate::edge::Edge;

/// What is sent to a client.
pub(super) struct Outgoing {
    edge: Arc<Edge>,
    socket: Arc<Socket>,
    /// Taken from the hub, not yet by the connection.
    pending: VecDeque<Outbound>,
    is_finished: bool,
}

impl Outgoing {
    pub(super) fn new(edge: Arc<Edge>, socket: Arc<Socket>) -> Self {
        Self {
            edge,
            socket,
            pending: VecDeque::new(),
            is_finished: false,
        }
    }

    fn refill(&mut self) {
        let happened = self.edge.realtime.hub.pull(&self.socket);
        self.pending.extend(happened);
        if self.socket.state().is_greeted {
            // Nothing comes before the frame that says where the socket stands.
            let waiting = self.socket.take_waiting();
            self.pending.extend(waiting.into_iter().map(Outbound::of));
        }
        if self.pending.is_empty() {
            // An idle socket holds no memory.
            self.pending = VecDeque::new();
        }
    }
}

impl MessageBody for Outgoing {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let this = self.get_mut();
        if this.is_finished {
            return Poll::Ready(None);
        }
        // Before anything is looked at: what comes after that wakes.
        this.socket.output.register(context.waker());
        if let Some(why) = this.socket.closing() {
            this.is_finished = true;
            this.pending = VecDeque::new();
            return Poll::Ready(Some(Ok(why.frame())));
        }
        if this.pending.is_empty() {
            this.refill();
        }
        let now = this.edge.clock.now().timestamp_millis();
        let Some(Outbound { frames, receipt }) = this.pending.pop_front() else {
            this.socket.progressed(now, false);
            return Poll::Pending;
        };
        this.socket.progressed(now, true);
        if let Some(receipt) = receipt {
            this.edge.realtime.deliveries.note(receipt);
        }
        METERS.frame("out");
        Poll::Ready(Some(Ok(frames)))
    }
}

impl Drop for Outgoing {
    /// The connection is gone, however it ended.
    fn drop(&mut self) {
        self.socket.close(Close::Asked);
        self.edge.realtime.hub.detach(&self.socket);
    }
}
