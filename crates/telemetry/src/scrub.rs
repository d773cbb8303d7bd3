//! Keeps secrets out of logs and traces: by the name of what carries them, as a last net. Code that
//! holds a secret is not to log it in the first place.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

const MASK: &str = "[redacted]";

/// What makes a name secret wherever in it this stands.
const SECRET_PARTS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "cookie",
    "credential",
    "email",
    "api_key",
    "apikey",
];

/// What makes a name secret when it is all of it, or all behind the last dot.
const SECRET_WORDS: [&str; 12] = [
    "code",
    "codes",
    "verification_code",
    "confirmation_code",
    "reset_code",
    "recovery_code",
    "login_code",
    "auth_code",
    "otp",
    "totp",
    "ticket",
    "jwt",
];

/// Names that are fine although a word in them is not.
const OPEN_NAMES: [&str; 6] = [
    "error.code",
    "rpc.code",
    "grpc.code",
    "status.code",
    "close.code",
    "exit.code",
];

/// Parameters that are secret in a query only: `state` of OAuth, `sid` of Socket.IO, and the
/// signature of a link that opens a file.
const SECRET_PARAMETERS: [&str; 5] = ["state", "sid", "signature", "sig", "x-amz-signature"];

/// How often a value is decoded in search of a query inside a query.
const DECODE_ROUNDS: usize = 3;

/// Masks the values of secret parameters in a query string, or in a path or URL with one.
///
/// Secret are `token`, `ticket`, `code`, `state`, `sid`, whatever contains `token`, `password`,
/// `secret` or `email`, and signatures; in any case and also percent-encoded. A value ends at `&`. A
/// value that itself holds an encoded query with a secret is masked as a whole.
///
/// ```
/// let seen = oruma_telemetry::scrub::query("/ws?room=7&token=abc");
/// assert_eq!(seen, "/ws?room=7&token=[redacted]");
/// ```
pub fn query(text: &str) -> String {
    let parts: Vec<_> = text.split('&').map(mask_part).collect();
    parts.join("&")
}

/// Returns what to show in place of `value` in a field or attribute called `name`, or `None` where
/// it may be shown as it is.
pub(crate) fn field(name: &str, value: &str) -> Option<String> {
    if is_secret(name) {
        return Some(MASK.to_owned());
    }
    let may_hold_query = value.contains('?') && value.contains('=');
    may_hold_query
        .then(|| query(value))
        .filter(|shown| shown != value)
}

/// Returns what to show in place of a number or flag called `name`, or `None` where it may be shown.
pub(crate) fn name(name: &str) -> Option<&'static str> {
    is_secret(name).then_some(MASK)
}

fn is_secret(name: &str) -> bool {
    if SECRET_PARTS.iter().any(|part| contains(name, part)) {
        return true;
    }
    let word = name.rsplit('.').next().unwrap_or(name);
    is_one_of(word, &SECRET_WORDS) && !is_one_of(name, &OPEN_NAMES)
}

/// Masks what follows the first secret name in one `&`-part: a stray `?` or `;` in a value must not
/// save its tail.
fn mask_part(part: &str) -> Cow<'_, str> {
    let mut start = 0;
    for piece in part.split_inclusive(['?', ';', '#']) {
        if let Some((name, _)) = piece.split_once('=')
            && is_secret_parameter(name)
        {
            return masked_after(part, start + name.len() + 1);
        }
        start += piece.len();
    }
    if part.contains('%') && holds_secret(&decode(part)) {
        return masked_after(part, part.find('=').map_or(0, |at| at + 1));
    }
    Cow::Borrowed(part)
}

fn masked_after(part: &str, end: usize) -> Cow<'_, str> {
    let kept = part.get(..end).unwrap_or_default();
    Cow::Owned(format!("{kept}{MASK}"))
}

fn holds_secret(text: &str) -> bool {
    text.split(['&', '?', ';', '#'])
        .filter_map(|pair| pair.split_once('='))
        .any(|(name, _)| is_secret_parameter(name))
}

fn is_secret_parameter(name: &str) -> bool {
    let decoded = decode(name);
    let bare = decoded.split('[').next().unwrap_or_default();
    let bare = bare.trim_matches(|c: char| c == '+' || c.is_whitespace());
    is_secret(bare) || is_one_of(bare, &SECRET_PARAMETERS)
}

fn decode(text: &str) -> Cow<'_, str> {
    let mut decoded = Cow::Borrowed(text);
    for _ in 0..DECODE_ROUNDS {
        if !decoded.contains('%') {
            break;
        }
        let next = percent_decode_str(&decoded)
            .decode_utf8_lossy()
            .into_owned();
        decoded = Cow::Owned(next);
    }
    decoded
}

fn is_one_of(name: &str, words: &[&str]) -> bool {
    words.iter().any(|word| name.eq_ignore_ascii_case(word))
}

fn contains(name: &str, part: &str) -> bool {
    name.as_bytes()
        .windows(part.len())
        .any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

#[cfg(test)]
mod tests;
