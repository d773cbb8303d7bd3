//! What clients ask for over their sockets.

use std::sync::Arc;

use actix_web::http::StatusCode;
use oruma_proto::auth::v1 as auth;
use oruma_proto::messaging::v1 as messaging;
use oruma_proto::social::v1 as social;
use oruma_service_runtime::Caller;
use uuid::Uuid;

use super::availability::Availability;
use super::dialect::Command;
use super::socket::Socket;
use super::typing::{self, Pace, Said};
use crate::edge::Edge;
use crate::failure::Failure;
use crate::middleware;

/// Does what a text asks for. What is refused is answered by a frame that says why; the socket stays.
pub(super) async fn carry_out(
    edge: &Arc<Edge>,
    socket: &Arc<Socket>,
    caller: &Caller,
    text: &[u8],
) {
    let Some(dialect) = edge.realtime.hub.dialect(socket) else {
        return;
    };
    let understood = dialect.understand(text).and_then(|command| {
        let is_here = command.topic().is_none_or(|topic| socket.listens(topic));
        is_here.then_some(command).ok_or_else(elsewhere)
    });
    if !matches!(understood, Ok(Command::Ping)) {
        // Programs send signs of life by themselves; everything else somebody does.
        edge.activity.saw(socket.user, edge.clock.now());
    }
    let done = match understood {
        Ok(Command::Ping) => {
            socket.send(dialect.pong(), edge.clock.now().timestamp_millis());
            Ok(())
        }
        Ok(Command::Typing {
            conversation,
            is_typing,
        }) => {
            let said = Said {
                socket: socket.id,
                user: socket.user,
                conversation,
                is_typing,
            };
            typing(edge, caller, said, dialect.pace()).await
        }
        Ok(Command::Status(status)) => choose(edge, caller, status).await,
        Ok(Command::Read {
            conversation,
            message,
        }) => read(edge, caller, conversation, message).await,
        Ok(Command::Like { post, liked }) => like(edge, caller, post, liked).await,
        Err(failure) => Err(failure),
    };
    if let Err(failure) = done {
        refuse(edge, socket, &failure);
    }
}

/// Answers a frame that no contract has.
pub(super) fn refuse_binary(edge: &Edge, socket: &Socket) {
    let failure = Failure::new(
        StatusCode::BAD_REQUEST,
        "binary_not_supported",
        "Frames are JSON texts",
    );
    refuse(edge, socket, &failure);
}

fn refuse(edge: &Edge, socket: &Socket, failure: &Failure) {
    if let Some(dialect) = edge.realtime.hub.dialect(socket) {
        let now = edge.clock.now().timestamp_millis();
        socket.send(dialect.refusal(failure), now);
    }
}

/// A namespace carries only its own.
fn elsewhere() -> Failure {
    Failure::new(
        StatusCode::BAD_REQUEST,
        "wrong_namespace",
        "This socket does not carry such frames",
    )
}

async fn typing(edge: &Edge, caller: &Caller, said: Said, pace: Pace) -> Result<(), Failure> {
    let typing = &edge.realtime.typing;
    let audience = match typing.known_audience(said.user, said.conversation) {
        Some(audience) => audience,
        None => {
            middleware::limit_caller(edge, caller).await?;
            typing
                .ask_audience(edge, caller, said.user, said.conversation)
                .await?
        }
    };
    let now = edge.clock.now().timestamp_millis();
    if let Some(told) = typing.heard(said, audience, pace, now) {
        typing::tell(edge, told).await;
    }
    Ok(())
}

async fn choose(edge: &Edge, caller: &Caller, status: Availability) -> Result<(), Failure> {
    middleware::limit_caller(edge, caller).await?;
    let request = caller.send(auth::UpdateStatusRequest {
        status: status.to_proto().into(),
        status_message: None,
    });
    edge.clients.users.clone().update_status(request).await?;
    Ok(())
}

async fn read(
    edge: &Edge,
    caller: &Caller,
    conversation: Option<Uuid>,
    message: Uuid,
) -> Result<(), Failure> {
    middleware::limit_caller(edge, caller).await?;
    let request = caller.send(messaging::MarkReadRequest {
        conversation_id: conversation.map_or_else(String::new, |id| id.to_string()),
        message_id: message.to_string(),
    });
    edge.clients
        .conversations
        .clone()
        .mark_read(request)
        .await?;
    Ok(())
}

async fn like(edge: &Edge, caller: &Caller, post: Uuid, liked: bool) -> Result<(), Failure> {
    middleware::limit_caller(edge, caller).await?;
    let request = caller.send(social::SetPostLikeRequest {
        post_id: post.to_string(),
        liked: Some(liked),
    });
    edge.clients.posts.clone().set_post_like(request).await?;
    Ok(())
}
