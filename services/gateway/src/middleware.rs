//! What happens to every request before and after its handler.

pub(crate) mod entry;
mod headers;
pub(crate) mod hosts;
pub(crate) mod idempotency;
mod rate_limit;
mod trace;

pub(crate) use headers::security_headers;
pub(crate) use rate_limit::{LimitClass, limit, limit_caller, tell, whole_seconds};
pub(crate) use trace::trace;
