//! What whoever runs the installation does with accounts, at its command line. It answers to nobody in the community, so it needs no sign-in; each change
//! leaves a line in the access log that names it.

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::UserId;
use oruma_postgres::Connection;
use oruma_service_runtime::{Contract, Role};
use secrecy::SecretString;

use super::App;
use super::accounts::{self, NewMember};
use super::announcements::announce;
use super::sessions;
use crate::domain::account::Application;
use crate::domain::session::Revocation;
use crate::domain::user::User;
use crate::error::Error;
use crate::outbox::{self, Changed};
use crate::store;
use crate::store::access_log::Action;

/// The policy for passwords of administrators: the strictest there is.
const STRICTEST: Contract = Contract::Connectbest;

/// Somebody who is to be an administrator.
#[derive(Debug)]
pub struct NewAdmin {
    /// The address that will sign in; it is taken to be verified.
    pub email: String,
    /// The name that people will see.
    pub name: String,
    /// The password.
    pub password: SecretString,
}

/// Makes the account of an administrator.
///
/// # Errors
/// [`Error::Invalid`] naming every field at fault, a taken address among them; [`Error::Overloaded`].
pub async fn create_admin(app: &App, operator: &str, new: NewAdmin) -> Result<User, Error> {
    let application = Application {
        name: new.name,
        email: new.email,
        password: new.password,
        phone: String::new(),
        university: String::new(),
    };
    let account = application.judge(STRICTEST).map_err(Error::Invalid)?;
    let password_hash = app.passwords.hash(account.password.text()).await?;
    let now = app.clock.now();
    let member = NewMember {
        name: &account.name,
        email: &account.email,
        password: Some((&password_hash, account.password.policy().name())),
        email_verified_at: Some(now),
        phone: None,
    };
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let user = accounts::insert(app, conn, &member, None, now).await?;
        let registered = outbox::user_registered(app, &user, STRICTEST);
        app.outbox.append(conn, &registered).await?;
        log(conn, operator, Action::Register, user.id, now).await?;
        change_role(app, conn, operator, user.id, Role::Admin, now).await
    })
    .await
}

/// Gives somebody a role, or takes it, and tells who it is and whether that is news. Who loses it is signed out everywhere, as tokens carry the
/// role; who gets it has it at the next sign-in or refresh.
///
/// # Errors
/// [`Error::UserNotFound`].
pub async fn set_role(
    app: &App,
    operator: &str,
    person: &str,
    role: Role,
) -> Result<(User, bool), Error> {
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    let (user, changed, revoked) = conn
        .transaction(async |conn| {
            let user = find_in(conn, person).await?;
            if user.role == role {
                return Ok::<_, Error>((user, false, Vec::new()));
            }
            let user = change_role(app, conn, operator, user.id, role, now).await?;
            let revoked = match role {
                Role::User => {
                    sessions::end_all(app, conn, user.id, Revocation::RoleTaken, now).await?
                }
                Role::Admin => Vec::new(),
            };
            Ok((user, true, revoked))
        })
        .await?;
    // The edges may take a while, and the connection is not needed for that.
    drop(conn);
    announce(app, &revoked).await;
    Ok((user, changed))
}

/// All administrators, in the order in which they joined.
///
/// # Errors
/// When the database fails.
pub async fn admins(app: &App) -> Result<Vec<User>, Error> {
    let mut conn = app.database.reader().await?;
    Ok(store::users::with_role(&mut conn, Role::Admin).await?)
}

/// Somebody who is there, by address or id.
///
/// # Errors
/// [`Error::UserNotFound`].
pub async fn find(app: &App, person: &str) -> Result<User, Error> {
    let mut conn = app.database.reader().await?;
    find_in(&mut conn, person).await
}

/// Ends somebody's account as its owner could: see [`accounts::delete`].
///
/// # Errors
/// [`Error::UserNotFound`] when it is gone already.
pub async fn erase(app: &App, operator: &str, user: UserId) -> Result<(), Error> {
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    let revoked = conn
        .transaction(async |conn| {
            let revoked = accounts::end(app, conn, user, now).await?;
            log(conn, operator, Action::DeleteAccount, user, now).await?;
            Ok::<_, Error>(revoked)
        })
        .await?;
    drop(conn);
    announce(app, &revoked).await;
    Ok(())
}

/// Notes that somebody's data was handed to the operator.
///
/// # Errors
/// When the database fails.
pub async fn note_export(app: &App, operator: &str, user: UserId) -> Result<(), Error> {
    let mut conn = app.database.writer().await?;
    log(&mut conn, operator, Action::Export, user, app.clock.now()).await
}

async fn find_in(conn: &mut Connection, person: &str) -> Result<User, Error> {
    let found = match person.parse() {
        Ok(id) => store::users::find(conn, id).await?,
        Err(_) => store::users::find_by_email(conn, person.trim()).await?,
    };
    found.ok_or(Error::UserNotFound)
}

async fn change_role(
    app: &App,
    conn: &mut Connection,
    operator: &str,
    user: UserId,
    role: Role,
    now: DateTime<Utc>,
) -> Result<User, Error> {
    let user = store::users::set_role(conn, user, role, now)
        .await?
        .ok_or(Error::UserNotFound)?;
    let event = outbox::user_updated(app, &user, Changed::default());
    app.outbox.append(conn, &event).await?;
    let action = match role {
        Role::Admin => Action::Promote,
        Role::User => Action::Demote,
    };
    log(conn, operator, action, user.id, now).await?;
    Ok(user)
}

async fn log(
    conn: &mut Connection,
    operator: &str,
    action: Action,
    user: UserId,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    Ok(store::access_log::insert_by_operator(conn, operator, action, user, at).await?)
}
