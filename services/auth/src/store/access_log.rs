//! The log of attempts to get in.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::Connection;
use oruma_service_runtime::Caller;

use super::schema::auth::access_log;

/// What somebody tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// To join.
    Register,
    /// To sign in.
    SignIn,
    /// To go on with a refresh token.
    Refresh,
    /// To sign out.
    SignOut,
    /// To end the account.
    DeleteAccount,
    /// To show that an address is one's own.
    VerifyEmail,
    /// To get another code for that.
    ResendVerification,
    /// To get a link that sets a new password.
    RequestPasswordReset,
    /// To use one.
    ResetPassword,
    /// To switch a second factor on.
    EnableSecondFactor,
    /// To show its first code.
    ConfirmSecondFactor,
    /// To switch it off.
    DisableSecondFactor,
    /// To be sent a code of it.
    SendCode,
    /// To suspend an account.
    Suspend,
    /// To open it again.
    Activate,
    /// To make an API key.
    CreateApiKey,
    /// To revoke one.
    RevokeApiKey,
    /// To make somebody an administrator.
    Promote,
    /// To take that back.
    Demote,
    /// To get all that is kept of somebody.
    Export,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::SignIn => "sign_in",
            Self::Refresh => "refresh",
            Self::SignOut => "sign_out",
            Self::DeleteAccount => "delete_account",
            Self::VerifyEmail => "verify_email",
            Self::ResendVerification => "resend_verification",
            Self::RequestPasswordReset => "request_password_reset",
            Self::ResetPassword => "reset_password",
            Self::EnableSecondFactor => "enable_second_factor",
            Self::ConfirmSecondFactor => "confirm_second_factor",
            Self::DisableSecondFactor => "disable_second_factor",
            Self::SendCode => "send_code",
            Self::Suspend => "suspend",
            Self::Activate => "activate",
            Self::CreateApiKey => "create_api_key",
            Self::RevokeApiKey => "revoke_api_key",
            Self::Promote => "promote",
            Self::Demote => "demote",
            Self::Export => "export",
        }
    }
}

/// One attempt.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// What was tried.
    pub action: Action,
    /// `succeeded`, or the reason of the refusal.
    pub outcome: &'a str,
    /// The person, where one is known.
    pub user: Option<UserId>,
    /// A keyed hash of the address that was typed.
    pub email_hash: Option<&'a [u8]>,
    /// Who asked, through what.
    pub caller: &'a Caller,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a line.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut Connection, attempt: &Attempt<'_>) -> QueryResult<()> {
    diesel::insert_into(access_log::table)
        .values((
            access_log::at.eq(attempt.at),
            access_log::action.eq(attempt.action.name()),
            access_log::outcome.eq(attempt.outcome),
            access_log::user_id.eq(attempt.user.map(UserId::as_uuid)),
            access_log::actor_id.eq(actor(attempt).map(UserId::as_uuid)),
            access_log::email_hash.eq(attempt.email_hash),
            access_log::contract.eq(attempt.caller.contract.name()),
            access_log::address.eq(&attempt.caller.address),
            access_log::user_agent.eq(&attempt.caller.user_agent),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What stands for a contract in lines of whoever runs the installation.
const OPERATOR: &str = "operator";

/// Writes a line for what whoever runs the installation did to somebody. The name of the operator stands where others have that of their program.
///
/// # Errors
/// When the database fails.
pub async fn insert_by_operator(
    conn: &mut Connection,
    operator: &str,
    action: Action,
    user: UserId,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(access_log::table)
        .values((
            access_log::at.eq(at),
            access_log::action.eq(action.name()),
            access_log::outcome.eq("succeeded"),
            access_log::user_id.eq(user.as_uuid()),
            access_log::contract.eq(OPERATOR),
            access_log::address.eq(""),
            access_log::user_agent.eq(operator),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Has other attempts of this kind on the same address wait for the end of the transaction.
///
/// # Errors
/// When the database fails.
pub async fn lock_email(
    conn: &mut Connection,
    action: Action,
    email_hash: &[u8],
) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1 || encode($2, 'hex'), 0))")
        .bind::<diesel::sql_types::Text, _>(action.name())
        .bind::<diesel::sql_types::Binary, _>(email_hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// How many attempts of this kind on an address ended so since a time.
///
/// # Errors
/// When the database fails.
pub async fn count_since(
    conn: &mut Connection,
    action: Action,
    email_hash: &[u8],
    outcome: &str,
    since: DateTime<Utc>,
) -> QueryResult<i64> {
    access_log::table
        .filter(access_log::email_hash.eq(email_hash))
        .filter(access_log::at.gt(since))
        .filter(access_log::action.eq(action.name()))
        .filter(access_log::outcome.eq(outcome))
        .count()
        .get_result(conn)
        .await
}

/// How many attempts of this kind by a person ended so since a time.
///
/// # Errors
/// When the database fails.
pub async fn count_of_user(
    conn: &mut Connection,
    action: Action,
    user: UserId,
    outcome: &str,
    since: DateTime<Utc>,
) -> QueryResult<i64> {
    access_log::table
        .filter(access_log::user_id.eq(user.as_uuid()))
        .filter(access_log::at.gt(since))
        .filter(access_log::action.eq(action.name()))
        .filter(access_log::outcome.eq(outcome))
        .count()
        .get_result(conn)
        .await
}

/// Who did it, where that is somebody else.
fn actor(attempt: &Attempt<'_>) -> Option<UserId> {
    attempt
        .caller
        .user()
        .filter(|caller| attempt.user != Some(*caller))
}

/// A line of a person's export.
#[derive(Debug, Clone, Queryable)]
pub struct AccessRecord {
    /// When.
    pub at: DateTime<Utc>,
    /// What was tried.
    pub action: String,
    /// How it ended.
    pub outcome: String,
    /// Through which contract.
    pub contract: String,
    /// From which network address.
    pub address: String,
    /// With which program.
    pub user_agent: String,
}

/// All lines of a person, newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_user(conn: &mut Connection, user: UserId) -> QueryResult<Vec<AccessRecord>> {
    access_log::table
        .filter(access_log::user_id.eq(user.as_uuid()))
        .order(access_log::at.desc())
        .select((
            access_log::at,
            access_log::action,
            access_log::outcome,
            access_log::contract,
            access_log::address,
            access_log::user_agent,
        ))
        .load(conn)
        .await
}

/// Forgets lines older than `time`.
///
/// # Errors
/// When the database fails.
pub async fn forget_before(conn: &mut Connection, time: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(access_log::table)
        .filter(access_log::at.lt(time))
        .execute(conn)
        .await
}

/// Takes addresses and programs out of the lines of a person who left.
///
/// # Errors
/// When the database fails.
pub async fn erase_traces(conn: &mut Connection, user: UserId) -> QueryResult<usize> {
    diesel::update(access_log::table)
        .filter(access_log::user_id.eq(user.as_uuid()))
        .set((
            access_log::email_hash.eq(None::<Vec<u8>>),
            access_log::address.eq(""),
            access_log::user_agent.eq(""),
        ))
        .execute(conn)
        .await
}
