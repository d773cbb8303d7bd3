//! Signing in with Google (C-009).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::UserId;
use oruma_postgres::Connection;
use oruma_rpc_error::Fault;
use oruma_service_runtime::Caller;
use sha2::{Digest, Sha256};
use url::Url;

use super::announcements::announce;
use super::{App, accounts, sessions, sign_ins};
use crate::domain::account::{DisplayName, Email};
use crate::domain::session::{Revocation, RevokedSession, Tokens};
use crate::domain::user::User;
use crate::error::Error;
use crate::google::{Errand, Google, GoogleError, Identity};
use crate::outbox;
use crate::store;
use crate::store::access_log::{Action, Attempt};
use crate::store::google_accounts::StoredErrand;

/// How long somebody may be away at Google, and show a second factor.
const AWAY: TimeDelta = TimeDelta::minutes(10);

/// Begins a sign-in: where the person goes, and the state that comes back with the code.
///
/// # Errors
/// [`Error::GoogleIsOff`]; [`Error::Invalid`] for an address to come back to that is none; [`Error::GoogleUnavailable`].
pub async fn begin(app: &App, caller: &Caller, redirect_uri: &str) -> Result<(Url, String), Error> {
    let google = google(app)?;
    let redirect: Url = redirect_uri
        .parse()
        .ok()
        .filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| Error::invalid("redirect_uri", "must be an http or https URL"))?;
    let errand = Errand {
        nonce: random_text(app),
        verifier: random_text(app),
        redirect_uri: redirect.into(),
    };
    let state = random_text(app);
    let url = google.authorization_url(&errand, &state).await?;
    let state_hash = hash(&state);
    let plain = serde_json::to_vec(&(&errand.nonce, &errand.verifier, &errand.redirect_uri))
        .map_err(Error::internal)?;
    let stored = StoredErrand {
        sealed: app
            .keys
            .seal(&about(&state_hash), &plain, &app.random)
            .map_err(Error::internal)?,
        user_id: None,
        expires_at: app.clock.now() + AWAY,
    };
    let mut conn = app.database.writer().await?;
    let contract = caller.contract.name();
    store::google_accounts::insert_errand(&mut conn, &state_hash, contract, &stored).await?;
    Ok((url, state))
}

/// Ends a sign-in with what came back from Google. Somebody new gets an account. Where the person has a second factor, the same state is good for
/// another call with its code.
///
/// # Errors
/// [`Error::GoogleIsOff`]; [`Error::GoogleRefused`] for a state that is unknown, used, of another contract or has ended, and for a code that Google
/// does not vouch for; [`Error::GoogleUnavailable`]; [`Error::Suspended`]; [`Error::SecondFactorRequired`]; [`Error::InvalidSecondFactor`];
/// [`Error::TooManyRequests`].
pub async fn finish(
    app: &App,
    caller: &Caller,
    state: &str,
    code: &str,
    second_factor: Option<&str>,
) -> Result<(User, Tokens), Error> {
    let google = google(app)?;
    let now = app.clock.now();
    let state_hash = hash(state);
    let contract = caller.contract.name();
    let taken = {
        let mut conn = app.database.writer().await?;
        store::google_accounts::take_errand(&mut conn, &state_hash, contract, now).await?
    };
    let outcome = match taken {
        Some(stored) => {
            let errand = open(app, &state_hash, &stored).ok_or(Error::GoogleRefused)?;
            match google.identity(&errand, code, now).await {
                Ok(identity) => {
                    enter(app, caller, &state_hash, stored, &identity, second_factor).await?
                }
                Err(error) => Err(error.into()),
            }
        }
        None => go_on(app, caller, &state_hash, second_factor).await?,
    };
    app.mails_waiting.notify_one();
    if let Err(refusal) = &outcome {
        let mut conn = app.database.writer().await?;
        log(&mut conn, caller, refusal.reason(), now).await?;
    }
    outcome
}

/// What a transaction decided: refusals are no reason to undo it.
type Outcome = Result<(User, Tokens), Error>;

async fn enter(
    app: &App,
    caller: &Caller,
    state_hash: &[u8],
    stored: StoredErrand,
    identity: &Identity,
    second_factor: Option<&str>,
) -> Result<Outcome, Error> {
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    let (outcome, revoked) = conn
        .transaction(async |conn| {
            let (user, revoked) = find_or_join(app, conn, caller, identity, now).await?;
            let outcome = sign_ins::enter(app, conn, caller, &user, second_factor, now).await?;
            let missing = Error::SecondFactorRequired.reason();
            let waits = outcome.as_ref().is_err_and(|refusal| {
                refusal.reason() == missing || matches!(refusal, Error::InvalidSecondFactor)
            });
            if waits {
                let returned = StoredErrand {
                    user_id: Some(user.id.as_uuid()),
                    ..stored
                };
                let contract = caller.contract.name();
                store::google_accounts::insert_errand(conn, state_hash, contract, &returned)
                    .await?;
            }
            Ok::<_, Error>((outcome, revoked))
        })
        .await?;
    // The edges may take a while, and the relay waits for this one to be given back.
    drop(conn);
    announce(app, &revoked).await;
    Ok(outcome)
}

/// The second call, with the code of the second factor.
async fn go_on(
    app: &App,
    caller: &Caller,
    state_hash: &[u8],
    second_factor: Option<&str>,
) -> Result<Outcome, Error> {
    let now = app.clock.now();
    let contract = caller.contract.name();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let returned =
            store::google_accounts::lock_returned(conn, state_hash, contract, now).await?;
        let Some(user) = returned else {
            return Ok(Err(Error::GoogleRefused));
        };
        let Some(user) = store::users::find(conn, user).await? else {
            return Ok(Err(Error::GoogleRefused));
        };
        let outcome = sign_ins::enter(app, conn, caller, &user, second_factor, now).await?;
        if outcome.is_ok() {
            store::google_accounts::delete_errand(conn, state_hash).await?;
        }
        Ok(outcome)
    })
    .await
}

/// The person of a Google account: by what Google calls it, or else by its address, or else somebody new.
async fn find_or_join(
    app: &App,
    conn: &mut Connection,
    caller: &Caller,
    identity: &Identity,
    now: DateTime<Utc>,
) -> Result<(User, Vec<RevokedSession>), Error> {
    if let Some(id) = store::google_accounts::find(conn, &identity.subject).await? {
        let user = store::users::find(conn, id)
            .await?
            .ok_or(Error::GoogleRefused)?;
        return Ok((user, Vec::new()));
    }
    let email = Email::parse(&identity.email).map_err(|_| Error::GoogleRefused)?;
    let found = store::users::find_credentials(conn, email.as_str()).await?;
    let (user, revoked) = match found {
        Some(found) => link(app, conn, found.user, now).await?,
        None => {
            let name = name_of(identity, &email)?;
            let user = accounts::join_by_vouching(app, conn, caller, &name, &email, now).await?;
            (user, Vec::new())
        }
    };
    if !store::google_accounts::insert(conn, &identity.subject, user.id, now).await? {
        return Err(Error::GoogleRefused);
    }
    let mut user = user;
    if user.avatar_url.is_none()
        && identity
            .picture
            .as_ref()
            .is_some_and(|url| url.len() <= 512)
    {
        user.avatar_url.clone_from(&identity.picture);
        user = store::users::save_profile(conn, &user, true, now).await?;
        let event = outbox::user_updated(app, &user, outbox::Changed::default());
        app.outbox.append(conn, &event).await?;
    }
    Ok((user, revoked))
}

/// Takes an account over for the owner of its address. Nobody had shown that before: then whoever set its password may be somebody else, so
/// the password and the sign-ins end.
async fn link(
    app: &App,
    conn: &mut Connection,
    user: User,
    now: DateTime<Utc>,
) -> Result<(User, Vec<RevokedSession>), Error> {
    if user.email_verified_at.is_some() {
        return Ok((user, Vec::new()));
    }
    store::email_codes::delete(conn, user.id).await?;
    store::users::drop_password(conn, user.id, now).await?;
    store::users::verify_email(conn, user.id, now).await?;
    let revoked = sessions::end_all(app, conn, user.id, Revocation::PasswordReset, now).await?;
    let user = store::users::find(conn, user.id)
        .await?
        .ok_or(Error::GoogleRefused)?;
    Ok((user, revoked))
}

fn name_of(identity: &Identity, email: &Email) -> Result<DisplayName, Error> {
    identity
        .name
        .parse()
        .or_else(|_| email.local_part().parse())
        .map_err(|_: String| Error::GoogleRefused)
}

// === helpers ===

fn google(app: &App) -> Result<&Google, Error> {
    app.google.as_ref().ok_or(Error::GoogleIsOff)
}

impl From<GoogleError> for Error {
    fn from(error: GoogleError) -> Self {
        match error {
            GoogleError::Refused => Self::GoogleRefused,
            GoogleError::Unreachable | GoogleError::Nonsense => {
                tracing::warn!(error = %error, "no sign-in with Google");
                Self::GoogleUnavailable
            }
        }
    }
}

fn random_text(app: &App) -> String {
    URL_SAFE_NO_PAD.encode(app.random.bytes::<32>())
}

fn hash(state: &str) -> [u8; 32] {
    Sha256::digest(state.as_bytes()).into()
}

fn about(state_hash: &[u8]) -> Vec<u8> {
    [b"google ".as_slice(), state_hash].concat()
}

fn open(app: &App, state_hash: &[u8], stored: &StoredErrand) -> Option<Errand> {
    let plain = app.keys.open(&about(state_hash), &stored.sealed)?;
    let (nonce, verifier, redirect_uri) = serde_json::from_slice(&plain).ok()?;
    Some(Errand {
        nonce,
        verifier,
        redirect_uri,
    })
}

async fn log(
    conn: &mut Connection,
    caller: &Caller,
    outcome: &str,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let attempt = Attempt {
        action: Action::SignIn,
        outcome,
        user: None::<UserId>,
        email_hash: None,
        caller,
        at,
    };
    store::access_log::insert(conn, &attempt).await?;
    Ok(())
}
