//! `admin`: who may do everything.

use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use oruma_auth::app::operators::{self, NewAdmin};
use oruma_auth::domain::user::User;
use oruma_service_runtime::Role;
use secrecy::SecretString;
use serde::Serialize;

use crate::installation::Installation;
use crate::operator::{Operator, refusal};
use crate::output::{Output, table};
use crate::{DONE, times};

/// Longest password that is read, in bytes.
const LONGEST_PASSWORD: u64 = 4_096;

/// Make administrators, promote, demote and list them
#[derive(Debug, Args)]
pub(crate) struct AdminArguments {
    #[command(subcommand)]
    verb: AdminVerb,
}

#[derive(Debug, Subcommand)]
enum AdminVerb {
    /// Make an account that is an administrator
    ///
    /// The password comes from a file or from standard input, and must meet the strictest policy of the contracts. The address is taken to be verified.
    Create {
        /// The address that signs in
        #[arg(long)]
        email: String,
        /// The name that people see
        #[arg(long)]
        name: String,
        /// Read the password from this file instead of standard input; a line break at its end is left out
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Make somebody an administrator, from the next sign-in or refresh on
    Promote {
        /// The e-mail address or the id
        person: String,
    },
    /// Take that back; who loses it is signed out everywhere
    Demote {
        /// The e-mail address or the id
        person: String,
    },
    /// List the administrators
    List,
}

#[derive(Serialize)]
struct Admin {
    id: String,
    handle: String,
    name: String,
    email: String,
    role: &'static str,
    joined_at: DateTime<Utc>,
    last_login_at: Option<DateTime<Utc>>,
    /// Whether this call made it so; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<bool>,
}

/// Does what was asked.
///
/// # Errors
/// A plain line: nobody has that address, fields that are wrong, a database that can't be reached.
pub(crate) async fn run(
    installation: &Installation,
    output: Output,
    operator: &Operator,
    asked: AdminArguments,
) -> anyhow::Result<u8> {
    let by = operator.name();
    let (admins, is_list) = match asked.verb {
        AdminVerb::Create {
            email,
            name,
            password_file,
        } => {
            let password = read_password(password_file)?;
            let new = NewAdmin {
                email,
                name,
                password,
            };
            let app = installation.auth().await?;
            let user = operators::create_admin(&app, by, new).await;
            (vec![shown(user.map_err(refusal)?, Some(true))], false)
        }
        AdminVerb::Promote { person } => {
            let changed = set_role(installation, by, &person, Role::Admin).await?;
            (vec![changed], false)
        }
        AdminVerb::Demote { person } => {
            let changed = set_role(installation, by, &person, Role::User).await?;
            (vec![changed], false)
        }
        AdminVerb::List => {
            let app = installation.auth().await?;
            let users = operators::admins(&app).await.map_err(refusal)?;
            let admins = users.into_iter().map(|user| shown(user, None)).collect();
            (admins, true)
        }
    };
    if is_list {
        output.answer(&admins, |admins| listed(admins))?;
    } else {
        output.answer(&admins.first(), |admin| {
            admin.map_or_else(String::new, told)
        })?;
    }
    Ok(DONE)
}

async fn set_role(
    installation: &Installation,
    by: &str,
    person: &str,
    role: Role,
) -> anyhow::Result<Admin> {
    let app = installation.auth().await?;
    let outcome = operators::set_role(&app, by, person, role).await;
    let (user, changed) = outcome.map_err(refusal)?;
    Ok(shown(user, Some(changed)))
}

/// Never from an argument, which others see, and never shown.
fn read_password(file: Option<PathBuf>) -> anyhow::Result<SecretString> {
    let mut text = String::new();
    match file {
        Some(path) => {
            let file = std::fs::File::open(&path);
            let file = file.with_context(|| format!("{} can't be read", path.display()))?;
            file.take(LONGEST_PASSWORD).read_to_string(&mut text)
        }
        None => std::io::stdin()
            .lock()
            .take(LONGEST_PASSWORD)
            .read_to_string(&mut text),
    }
    .context("the password can't be read")?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("there is no password: give --password-file, or the password on standard input");
    }
    Ok(SecretString::from(password))
}

fn shown(user: User, changed: Option<bool>) -> Admin {
    Admin {
        id: user.id.to_string(),
        handle: user.handle,
        name: user.display_name,
        email: user.email,
        role: user.role.name(),
        joined_at: user.created_at,
        last_login_at: user.last_login_at,
        changed,
    }
}

fn told(admin: &Admin) -> String {
    let news = match (admin.role, admin.changed) {
        ("admin", Some(true)) => "is an administrator now",
        ("admin", _) => "was an administrator before",
        (_, Some(true)) => "is no administrator any longer",
        _ => "was no administrator before",
    };
    format!("{} ({}) {news}", admin.email, admin.id)
}

fn listed(admins: &[Admin]) -> String {
    let rows = admins.iter().map(|admin| {
        [
            admin.id.clone(),
            admin.email.clone(),
            admin.name.clone(),
            times::of(Some(admin.joined_at)),
            times::of(admin.last_login_at),
        ]
    });
    table(["ID", "EMAIL", "NAME", "JOINED", "LAST SIGN-IN"], rows)
}
