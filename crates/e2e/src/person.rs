//! People who join.

use oruma_service_runtime::Random;
use serde_json::{Value, json};

/// A university of the built-in directory.
const UNIVERSITY: &str = "Massachusetts Institute of Technology";

/// Somebody who may join, like nobody else.
#[derive(Debug, Clone)]
pub struct Person {
    /// The name that people see.
    pub name: String,
    /// The address that signs in.
    pub email: String,
    /// The password.
    pub password: String,
    /// The university, as the directory writes it.
    pub university: String,
}

/// Somebody who has joined.
#[derive(Debug, Clone)]
pub struct Member {
    /// Who joined.
    pub person: Person,
    /// The UUID.
    pub id: String,
    /// The access token.
    pub token: String,
    /// The refresh token.
    pub refresh_token: String,
}

// === impl Person ===

impl Person {
    /// Somebody new.
    #[must_use]
    pub fn new() -> Self {
        let number = u64::from_be_bytes(Random::system().bytes());
        Self {
            name: format!("Ada Lovelace {number:x}"),
            email: format!("ada.{number:x}@mit.edu"),
            password: format!("Analytical-{number:x}-1"),
            university: UNIVERSITY.to_owned(),
        }
    }

    /// The body of the registration.
    #[must_use]
    pub fn registration(&self) -> Value {
        json!({"name": self.name, "email": self.email, "password": self.password, "university": self.university})
    }

    /// The body of the sign-in.
    #[must_use]
    pub fn credentials(&self) -> Value {
        json!({"email": self.email, "password": self.password})
    }
}

impl Default for Person {
    fn default() -> Self {
        Self::new()
    }
}
