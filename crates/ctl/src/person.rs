//! `person`: what somebody has a right to.

mod export;

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand};
use oruma_auth::app::operators;
use serde::Serialize;

use crate::DONE;
use crate::installation::Installation;
use crate::operator::{Operator, refusal};
use crate::output::Output;

/// Export all that is kept of somebody, or erase somebody
#[derive(Debug, Args)]
pub(crate) struct PersonArguments {
    #[command(subcommand)]
    verb: PersonVerb,
}

#[derive(Debug, Subcommand)]
enum PersonVerb {
    /// Write all that is kept of somebody to a file, as the person could have it by the export of the account
    Export {
        /// The e-mail address or the id
        person: String,
        /// The file, which must not be there yet; only its owner may read it
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// End somebody's account, as the person could: all services remove what is theirs
    ///
    /// Without --yes it only tells what will happen.
    Erase {
        /// The e-mail address or the id
        person: String,
        /// Yes, end it
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Serialize)]
struct Exported {
    id: String,
    out: PathBuf,
    bytes: u64,
}

#[derive(Serialize)]
struct Erased {
    id: String,
    erased: bool,
    will: &'static [&'static str],
}

/// What ending an account means, service by service.
const WILL: [&str; 6] = [
    "auth: name, address, profile, second factors and keys go, every sign-in on every contract ends, and the id is never used again",
    "social: posts, likes, saves, views and blocks go, and comments, but for those that others have answered, which stay without name and text",
    "events: the person's events go, with their registrations; registrations, saves and views of others' events are taken back",
    "marketplace: items and reviews of the seller go; what the person said of sales stays without name",
    "messaging: conversations are left, names, reactions, notifications and scheduled messages go; what was said stays with those to whom it was said, without name",
    "media: pictures and files go, but for files of messages that stay",
];

/// Does what was asked.
///
/// # Errors
/// A plain line: nobody has that address, the file is there, a server can't be reached.
pub(crate) async fn run(
    installation: &Installation,
    output: Output,
    operator: &Operator,
    asked: PersonArguments,
) -> anyhow::Result<u8> {
    match asked.verb {
        PersonVerb::Export { person, out } => {
            let auth = installation.auth().await?;
            let user = operators::find(&auth, &person).await.map_err(refusal)?;
            let bytes = export::write(installation, &auth, &user, &out).await?;
            let noted = operators::note_export(&auth, operator.name(), user.id).await;
            noted.map_err(refusal)?;
            let exported = Exported {
                id: user.id.to_string(),
                out,
                bytes,
            };
            output.answer(&exported, |exported| {
                let Exported { id, out, bytes } = exported;
                format!("{bytes} bytes of {id} are in {}", out.display())
            })?;
        }
        PersonVerb::Erase { person, yes } => {
            let auth = installation.auth().await?;
            let user = operators::find(&auth, &person).await.map_err(refusal)?;
            let id = user.id.to_string();
            if !yes {
                let plan = Erased {
                    id,
                    erased: false,
                    will: &WILL,
                };
                output.answer(&plan, |plan| {
                    let will = plan.will.join("\n  ");
                    format!("the account {} will end:\n  {will}", plan.id)
                })?;
                bail!("nothing was done: add --yes to end the account");
            }
            let erased = operators::erase(&auth, operator.name(), user.id).await;
            erased.map_err(refusal)?;
            let erased = Erased {
                id,
                erased: true,
                will: &WILL,
            };
            output.answer(&erased, |erased| {
                format!(
                    "the account {} has ended; the services remove what is theirs as they hear of it",
                    erased.id
                )
            })?;
        }
    }
    Ok(DONE)
}
