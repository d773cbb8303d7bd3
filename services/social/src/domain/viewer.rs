//! Who looks at posts.

use oruma_ids::UserId;
use oruma_service_runtime::{Caller, Role, SignedIn};

use crate::error::Error;

/// A person who is signed in, as the rules of posts see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The person.
    pub user: UserId,
    /// The name of the person's university; empty for none.
    pub university: String,
    /// Whether the person may remove what others wrote.
    pub admin: bool,
}

impl Viewer {
    /// The person of a call.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`].
    pub fn of(caller: &Caller) -> Result<Self, Error> {
        let SignedIn {
            user,
            role,
            session: _,
            university,
        } = caller.signed_in.clone().ok_or(Error::NotSignedIn)?;
        Ok(Self {
            user,
            university,
            admin: role == Role::Admin,
        })
    }

    /// Whether the person may do what administrators do.
    ///
    /// # Errors
    /// [`Error::AdminOnly`].
    pub fn must_moderate(&self) -> Result<(), Error> {
        if self.admin {
            Ok(())
        } else {
            Err(Error::AdminOnly)
        }
    }
}
