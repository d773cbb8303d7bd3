//! What this service knows of a person, for that person.

use oruma_service_runtime::Caller;

use super::{App, signed_in};
use crate::error::Error;
use crate::store;

/// Everything, as a JSON object.
///
/// # Errors
/// [`Error::NotSignedIn`].
pub async fn document(app: &App, caller: &Caller) -> Result<String, Error> {
    let user = signed_in(caller)?.user;
    let mut conn = app.database.reader().await?;
    Ok(store::export::document(&mut conn, user).await?)
}
