//! What anybody may ask for an address: the same answer whether it has an account or not, and only so often.

use chrono::{DateTime, TimeDelta, Utc};
use oruma_ids::UserId;
use oruma_postgres::Connection;
use oruma_rpc_error::Fault;
use oruma_service_runtime::Caller;

use super::App;
use crate::domain::account::Email;
use crate::error::Error;
use crate::store;
use crate::store::access_log::{Action, Attempt};

/// The time over which requests are counted.
pub(super) const WINDOW: TimeDelta = TimeDelta::hours(1);
/// Outcome of a request that was taken.
const ACCEPTED: &str = "accepted";

/// Something asked for an address.
pub(super) struct AddressRequest<'a> {
    caller: &'a Caller,
    action: Action,
    email_hash: Vec<u8>,
    now: DateTime<Utc>,
}

impl<'a> AddressRequest<'a> {
    /// Somebody asks, now.
    pub(super) fn new(app: &App, caller: &'a Caller, action: Action, email: &Email) -> Self {
        Self {
            caller,
            action,
            email_hash: app.email_hash(email),
            now: app.clock.now(),
        }
    }

    /// When.
    pub(super) const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Counts the request inside a transaction, for an address with or without account alike. `Some` is its refusal, to be returned after
    /// the commit; those for one address wait for each other.
    pub(super) async fn count(
        &self,
        conn: &mut Connection,
        user: Option<UserId>,
        most: i64,
    ) -> Result<Option<Error>, Error> {
        store::access_log::lock_email(conn, self.action, &self.email_hash).await?;
        let since = self.now - WINDOW;
        let before =
            store::access_log::count_since(conn, self.action, &self.email_hash, ACCEPTED, since)
                .await?;
        let refusal = (before >= most).then_some(Error::TooManyRequests(WINDOW));
        let outcome = refusal.as_ref().map_or(ACCEPTED, Fault::reason);
        self.log(conn, user, outcome).await?;
        Ok(refusal)
    }

    /// Writes a line of the access log.
    pub(super) async fn log(
        &self,
        conn: &mut Connection,
        user: Option<UserId>,
        outcome: &str,
    ) -> Result<(), Error> {
        let attempt = Attempt {
            action: self.action,
            outcome,
            user,
            email_hash: Some(&self.email_hash),
            caller: self.caller,
            at: self.now,
        };
        store::access_log::insert(conn, &attempt).await?;
        Ok(())
    }
}
