//! Who asks, as handlers take it. Standing before the body in a handler's arguments, a 401 comes before any validation.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use oruma_service_runtime::Caller;

use super::error::ApiError;
use crate::caller;

/// Whoever asks, signed in or not.
pub(super) struct AnyCaller(pub(super) Caller);

impl FromRequest for AnyCaller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller::anybody(request).map(Self).map_err(ApiError::from))
    }
}

/// Somebody who is signed in, or a program with an API key of somebody; all others get a 401.
pub(super) struct SignedInCaller(pub(super) Caller);

impl FromRequest for SignedInCaller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller::somebody(request).map(Self).map_err(ApiError::from))
    }
}

/// Somebody who has signed in: a program with an API key gets a 403. For what decides who may get in.
pub(super) struct CallerInPerson(pub(super) Caller);

impl FromRequest for CallerInPerson {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller::in_person(request).map(Self).map_err(ApiError::from))
    }
}
