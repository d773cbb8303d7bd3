//! On whose behalf a call is made.

use oruma_ids::{SessionId, UserId};
use oruma_proto::caller::v1 as proto;
use prost::Message;
use tonic::metadata::MetadataValue;
use tonic::{Request, Status};
use uuid::Uuid;

/// The metadata entry with the encoded caller.
const METADATA_KEY: &str = "oruma-caller-bin";

/// A public contract of the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Contract {
    /// The student hub.
    Oruma,
    /// The chat.
    Connectbest,
    /// The social network.
    Social,
    /// SocMel.
    Socmel,
    /// The Dubai community.
    Dubai,
}

impl Contract {
    /// Its name, as in mounts, in the `aud` of tokens, and in events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oruma => "oruma",
            Self::Connectbest => "connectbest",
            Self::Social => "social",
            Self::Socmel => "socmel",
            Self::Dubai => "dubai",
        }
    }

    fn from_proto(contract: i32) -> Option<Self> {
        match proto::Contract::try_from(contract).ok()? {
            proto::Contract::Unspecified => None,
            proto::Contract::Oruma => Some(Self::Oruma),
            proto::Contract::Connectbest => Some(Self::Connectbest),
            proto::Contract::Social => Some(Self::Social),
            proto::Contract::Socmel => Some(Self::Socmel),
            proto::Contract::Dubai => Some(Self::Dubai),
        }
    }

    const fn to_proto(self) -> proto::Contract {
        match self {
            Self::Oruma => proto::Contract::Oruma,
            Self::Connectbest => proto::Contract::Connectbest,
            Self::Social => proto::Contract::Social,
            Self::Socmel => proto::Contract::Socmel,
            Self::Dubai => proto::Contract::Dubai,
        }
    }
}

/// What a person may do everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// An ordinary member.
    User,
    /// An administrator of the installation.
    Admin,
}

impl Role {
    /// Its name, as in tokens and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "user" => Some(Self::User),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }

    /// Its form in messages.
    #[must_use]
    pub const fn to_proto(self) -> proto::Role {
        match self {
            Self::User => proto::Role::User,
            Self::Admin => proto::Role::Admin,
        }
    }
}

/// A person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The person.
    pub user: UserId,
    /// What the person may do everywhere.
    pub role: Role,
    /// The sign-in.
    pub session: SessionId,
    /// The name of the person's university, as it was at sign-in; empty for none.
    pub university: String,
}

impl SignedIn {
    /// Whether the person may remove what others wrote.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

/// The asker of a request, as the edge made it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who, unless nobody is signed in.
    pub signed_in: Option<SignedIn>,
    /// Through which contract.
    pub contract: Contract,
    /// From which network address.
    pub address: String,
    /// With which program, as it names itself; cut at 255 characters.
    pub user_agent: String,
    /// The name of the request, which each repetition of it has too, where the client gave it one (K-15).
    pub request: Option<Uuid>,
}

impl Caller {
    /// Nobody in particular, through `contract`.
    #[must_use]
    pub const fn anonymous(contract: Contract) -> Self {
        Self {
            signed_in: None,
            contract,
            address: String::new(),
            user_agent: String::new(),
            request: None,
        }
    }

    /// The person of this caller, if one is signed in.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        self.signed_in.as_ref().map(|signed_in| signed_in.user)
    }

    /// Puts the caller into the metadata of a request.
    #[must_use]
    pub fn send<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let encoded = self.to_proto().encode_to_vec();
        request
            .metadata_mut()
            .insert_bin(METADATA_KEY, MetadataValue::from_bytes(&encoded));
        request
    }

    /// Reads the caller from the metadata of a request.
    ///
    /// # Errors
    /// INVALID_ARGUMENT where the edge sent none: a fault of the edge, not of its client.
    pub fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        request
            .metadata()
            .get_bin(METADATA_KEY)
            .and_then(|value| value.to_bytes().ok())
            .and_then(|bytes| proto::Caller::decode(bytes).ok())
            .and_then(|caller| Self::from_proto(&caller))
            .ok_or_else(|| Status::invalid_argument("the call names no caller"))
    }

    fn to_proto(&self) -> proto::Caller {
        let who = self.signed_in.as_ref();
        proto::Caller {
            user_id: who.map_or_else(String::new, |who| who.user.to_string()),
            role: who
                .map_or(proto::Role::Unspecified, |who| who.role.to_proto())
                .into(),
            contract: self.contract.to_proto().into(),
            session_id: who.map_or_else(String::new, |who| who.session.to_string()),
            address: self.address.clone(),
            user_agent: self.user_agent.clone(),
            university: who.map_or_else(String::new, |who| who.university.clone()),
            request_id: self
                .request
                .map_or_else(String::new, |request| request.to_string()),
        }
    }

    fn from_proto(caller: &proto::Caller) -> Option<Self> {
        let signed_in = if caller.user_id.is_empty() {
            None
        } else {
            Some(SignedIn {
                user: caller.user_id.parse().ok()?,
                role: match caller.role() {
                    proto::Role::Unspecified => return None,
                    proto::Role::User => Role::User,
                    proto::Role::Admin => Role::Admin,
                },
                session: caller.session_id.parse().ok()?,
                university: caller.university.clone(),
            })
        };
        Some(Self {
            signed_in,
            contract: Contract::from_proto(caller.contract)?,
            address: caller.address.clone(),
            user_agent: caller.user_agent.clone(),
            request: match caller.request_id.as_str() {
                "" => None,
                request => Some(request.parse().ok()?),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_survives_the_metadata() {
        let caller = Caller {
            signed_in: Some(SignedIn {
                user: UserId::from_uuid(Uuid::from_u128(1)),
                role: Role::Admin,
                session: SessionId::from_uuid(Uuid::from_u128(2)),
                university: "Massachusetts Institute of Technology".to_owned(),
            }),
            contract: Contract::Oruma,
            address: "192.0.2.1".to_owned(),
            user_agent: "curl".to_owned(),
            request: Some(Uuid::from_u128(3)),
        };
        assert_eq!(Caller::of(&caller.send(())).unwrap(), caller);
        let nobody = Caller::anonymous(Contract::Dubai);
        assert_eq!(Caller::of(&nobody.send(())).unwrap(), nobody);
    }

    #[test]
    fn a_call_without_caller_is_refused() {
        assert!(Caller::of(&Request::new(())).is_err());
    }
}
