//! Who calls, and when.

use chrono::{DateTime, Utc};
use oruma_ids::{SessionId, UserId};
use oruma_service_runtime::{Caller, Contract, Env, InternalCredential, Role, SignedIn};
use uuid::Uuid;

/// A university.
pub const STANFORD: &str = "Stanford University";
/// Another university.
pub const MIT: &str = "Massachusetts Institute of Technology";
/// The id of nothing.
pub const NOTHING: &str = "01890000-0000-7000-8000-000000000000";

/// Where every standing clock begins.
#[must_use]
pub fn start_time() -> DateTime<Utc> {
    "2027-01-15T10:00:00.123Z".parse().unwrap()
}

/// The credential of that secret.
#[must_use]
pub fn credential(secret: &str) -> InternalCredential {
    InternalCredential::from_env(&Env::of_pairs([("INTERNAL_GRPC_TOKEN", secret)])).unwrap()
}

/// The id of the person of that number.
#[must_use]
pub fn user_id(number: u16) -> UserId {
    UserId::from_uuid(Uuid::from_u128(
        0x0193_2a6e_0000_7000_8000_0000_0000_0000 + u128::from(number),
    ))
}

/// Somebody who is signed in.
#[must_use]
pub fn person_of(number: u16, university: &str, role: Role) -> Caller {
    Caller {
        signed_in: Some(SignedIn {
            user: user_id(number),
            role,
            session: SessionId::from_uuid(Uuid::from_u128(u128::from(number))),
            university: university.to_owned(),
        }),
        ..guest()
    }
}

/// A student of Stanford.
#[must_use]
pub fn student(number: u16) -> Caller {
    person_of(number, STANFORD, Role::User)
}

/// An administrator.
#[must_use]
pub fn admin() -> Caller {
    person_of(9_999, "", Role::Admin)
}

/// Nobody in particular.
#[must_use]
pub fn guest() -> Caller {
    Caller::anonymous(Contract::Oruma)
}

/// The id of somebody who is signed in.
#[must_use]
pub fn id_of(caller: &Caller) -> String {
    caller.user().unwrap().to_string()
}

/// The same person, with a request that its client has given that name.
#[must_use]
pub fn naming(caller: &Caller, request: u128) -> Caller {
    Caller {
        request: Some(Uuid::from_u128(request)),
        ..caller.clone()
    }
}
