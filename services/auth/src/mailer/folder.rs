//! Mails as files, for a laptop and for tests.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use lettre::message::Mailbox;

use super::{Mailer, NotSent, Parcel, form};

/// A folder of `.eml` files, whose names sort by the time that they were written.
pub(super) struct MailFolder {
    from: Mailbox,
    folder: PathBuf,
}

impl MailFolder {
    pub(super) fn new(from: Mailbox, folder: &Path) -> Self {
        Self {
            from,
            folder: folder.to_owned(),
        }
    }
}

#[async_trait]
impl Mailer for MailFolder {
    async fn send(&self, parcel: &Parcel<'_>) -> Result<(), NotSent> {
        let bytes = form::message(&self.from, parcel)?.formatted();
        keep(&self.folder, parcel, "eml", &bytes)
            .await
            .map_err(|error| NotSent::Folder(error.kind()))
    }
}

/// Writes one file, which is there whole or not at all; the same mail sent again replaces it.
pub(crate) async fn keep(
    folder: &Path,
    parcel: &Parcel<'_>,
    kind: &str,
    bytes: &[u8],
) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let unfinished = folder.join(format!(".{}.part", parcel.id));
    tokio::fs::write(&unfinished, bytes).await?;
    // Ids begin with their time.
    let finished = folder.join(format!("{}.{kind}", parcel.id));
    tokio::fs::rename(unfinished, finished).await
}
