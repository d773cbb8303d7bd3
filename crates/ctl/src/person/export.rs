//! All that the platform keeps of a person, as the export of the account has it.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use oruma_auth::app::App as Auth;
use oruma_auth::domain::user::User;
use oruma_ids::SessionId;
use oruma_service_runtime::{Caller, Clock, Contract, Role, SignedIn};
use uuid::Uuid;

use crate::installation::Installation;

/// Its owner alone may read the file.
const PRIVATE: u32 = 0o600;

/// Writes it to a new file, and returns its size. A file that was not finished is removed.
///
/// # Errors
/// When the file is there already or can't be written, and when a service's data can't be read.
pub(super) async fn write(
    installation: &Installation,
    auth: &Auth,
    user: &User,
    out: &Path,
) -> anyhow::Result<u64> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(PRIVATE)
        .open(out)
        .with_context(|| format!("{} can't be made", out.display()))?;
    let mut document = BufWriter::new(file);
    let gathered = gather(installation, auth, &as_caller(user), &mut document).await;
    let written = gathered.and_then(|()| Ok(document.flush()?));
    if let Err(error) = written {
        // What broke off must not be taken for the whole.
        let _ = std::fs::remove_file(out);
        return Err(error);
    }
    Ok(document.get_ref().metadata()?.len())
}

/// The use cases tell people of themselves: here the person is asked in place of the operator, of whom the access log tells.
fn as_caller(user: &User) -> Caller {
    Caller {
        signed_in: Some(SignedIn {
            user: user.id,
            role: Role::User,
            session: SessionId::from_uuid(Uuid::nil()),
            university: user.university.clone(),
        }),
        ..Caller::anonymous(Contract::Oruma)
    }
}

async fn gather(
    installation: &Installation,
    auth: &Auth,
    caller: &Caller,
    document: &mut impl Write,
) -> anyhow::Result<()> {
    let account = oruma_auth::app::accounts::export(auth, caller).await;
    let account = account.context("auth")?;
    let generated_at = Clock::system().now().to_rfc3339();
    write!(
        document,
        "{{\"generatedAt\":\"{generated_at}\",\"account\":{account}"
    )?;
    gather_content(installation, caller, document).await?;
    let app = installation.events()?;
    let events = oruma_events::app::export::document(&app, caller).await;
    write!(document, ",\"events\":{}", events.context("events")?)?;
    let app = installation.marketplace()?;
    let items = oruma_marketplace::app::export::document(&app, caller).await;
    write!(
        document,
        ",\"marketplace\":{}",
        items.context("marketplace")?
    )?;
    gather_messages(installation, caller, document).await?;
    let app = installation.media()?;
    let media = oruma_media::app::images::export(&app, caller).await;
    write!(document, ",\"media\":{}}}", media.context("media")?)?;
    Ok(())
}

/// Posts and all that: parts of one section follow each other, and make one list.
async fn gather_content(
    installation: &Installation,
    caller: &Caller,
    document: &mut impl Write,
) -> anyhow::Result<()> {
    let mut parts = oruma_social::app::export::start(&installation.social()?, caller)?;
    let mut open = None;
    while let Some(part) = parts.recv().await {
        let part = part.context("social")?;
        let items = part.items.trim_start_matches('[').trim_end_matches(']');
        match open.replace(part.section) {
            Some(section) if section == part.section => write!(document, ",{items}")?,
            other => {
                let end = if other.is_some() { "]" } else { "" };
                let section = camel_case(part.section);
                write!(document, "{end},\"{section}\":[{items}")?;
            }
        }
    }
    if open.is_some() {
        write!(document, "]")?;
    }
    Ok(())
}

/// Conversations and all that: pages, each a JSON object whose lists continue those of the pages before.
async fn gather_messages(
    installation: &Installation,
    caller: &Caller,
    document: &mut impl Write,
) -> anyhow::Result<()> {
    let mut pages = oruma_messaging::app::export::start(&installation.messaging()?, caller)?;
    let mut before = ",\"messaging\":[";
    while let Some(page) = pages.recv().await {
        write!(document, "{before}{}", page.context("messaging")?)?;
        before = ",";
    }
    if before == "," {
        write!(document, "]")?;
    }
    Ok(())
}

/// `post_likes` as `postLikes`: sections are named as JSON names fields.
fn camel_case(snake: &str) -> String {
    let mut words = snake.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |camel, word| {
        let (head, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        camel + &head.to_uppercase() + rest
    })
}
