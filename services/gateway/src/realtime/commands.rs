//! What clients ask for over their sockets.

use std::sync::Arc;

use actix_web::http::StatusCode;
use oruma_proto::messaging::v1 as messaging;
use oruma_proto::social::v1 as social;
use oruma_service_runtime::Caller;
use uuid::Uuid;

use super::dialect::Command;
use super::signals;
use super::socket::Socket;
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
    let done = match dialect.understand(text) {
        Ok(Command::Ping) => {
            socket.send(dialect.pong(), edge.clock.now().timestamp_millis());
            Ok(())
        }
        Ok(Command::Typing {
            conversation,
            is_typing,
        }) => typing(edge, caller, conversation, is_typing).await,
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

async fn typing(
    edge: &Edge,
    caller: &Caller,
    conversation: Uuid,
    is_typing: bool,
) -> Result<(), Failure> {
    let Some(user) = caller.user() else {
        return Ok(());
    };
    let typing = &edge.realtime.typing;
    let members = match typing.known_members(conversation, user) {
        Some(members) => members,
        None => {
            middleware::limit_caller(edge, caller).await?;
            typing.ask_members(edge, caller, conversation).await?
        }
    };
    let now = edge.clock.now().timestamp_millis();
    if let Some(told) = typing.heard(user, conversation, members, is_typing, now) {
        signals::publish(edge, &told).await;
    }
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
