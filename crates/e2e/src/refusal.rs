//! How contracts without another body of their own say no.

use serde_json::Value;

use crate::Answer;

/// The names of an object's fields, in order of the alphabet.
///
/// # Panics
/// When it is no object.
#[must_use]
pub fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object
        .as_object()
        .unwrap_or_else(|| panic!("no object: {object}"))
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

/// Checks that an answer is a refusal in the shape `{error, message, details}`, for that reason and those fields.
///
/// # Panics
/// When it is not.
#[track_caller]
pub fn refused(answer: &Answer, status: u16, reason: &str, fields: &[&str]) {
    assert_eq!(answer.status, status, "{answer}");
    let body = answer.json();
    assert_eq!(body["error"], reason, "{answer}");
    is_refusal(&body);
    let named = body.get("details").map(keys).unwrap_or_default();
    assert_eq!(named, fields, "{answer}");
    assert_eq!(
        answer.header("content-type"),
        "application/json",
        "{answer}"
    );
}

/// Checks the shape of a refusal: `error` in snake case, `message` for people, and perhaps `details` with a text for each field.
///
/// # Panics
/// When it has another.
#[track_caller]
pub fn is_refusal(body: &Value) {
    let expected: &[&str] = match body.get("details") {
        Some(_) => &["details", "error", "message"],
        None => &["error", "message"],
    };
    assert_eq!(keys(body), expected, "{body}");
    let error = body["error"].as_str().expect("`error` is a text");
    let is_snake =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    assert!(!error.is_empty() && error.chars().all(is_snake), "{error}");
    let message = body["message"].as_str().expect("`message` is a text");
    assert!(message.starts_with(char::is_uppercase), "{message}");
    if let Some(details) = body.get("details") {
        let details = details.as_object().expect("`details` is an object");
        assert!(
            !details.is_empty() && details.values().all(Value::is_string),
            "{body}"
        );
    }
}
