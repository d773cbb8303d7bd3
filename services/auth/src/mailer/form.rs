//! The form of a mail, RFC 5322.

use std::time::SystemTime;

use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use super::{NotSent, Parcel};

/// Puts a mail into its form: plain text and HTML as alternatives.
pub(super) fn message(from: &Mailbox, parcel: &Parcel<'_>) -> Result<Message, NotSent> {
    let mail = parcel.mail;
    let to = mail.to.parse().map_err(|_| NotSent::Malformed)?;
    let domain = from.email.domain();
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(&mail.subject)
        .message_id(Some(format!("<{}@{domain}>", parcel.id)))
        .date(SystemTime::from(parcel.written_at))
        // So that no absent reader's program answers.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .multipart(MultiPart::alternative_plain_html(
            mail.text.clone(),
            mail.html.clone(),
        ))
        .map_err(|_| NotSent::Malformed)
}
