//! Numbers as clients write them: whether they are sensible is said with the name of their field, also of those that no machine number holds.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::failure::Failure;

/// A number in its decimal text.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = f64)]
pub(in super::super) struct Number(String);

impl Number {
    /// A number of a form.
    pub(in super::super) fn of_text(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Its text.
    pub(in super::super) fn into_text(self) -> String {
        self.0
    }

    /// The whole number that it is, if it is one that counts something.
    pub(in super::super) fn whole(&self, field: &str) -> Result<i32, Failure> {
        self.0
            .parse()
            .map_err(|_| Failure::invalid(field, "must be a whole number"))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let is_number = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        if is_number {
            Ok(Self(text.to_owned()))
        } else {
            Err(D::Error::custom("not a number"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_text() {
        for text in ["12.50", "-1", "1e400", "0"] {
            let number: Number = serde_json::from_str(text).unwrap();
            assert_eq!(number.into_text(), text);
        }
        for other in ["\"12\"", "true", "[]", "{}"] {
            assert!(serde_json::from_str::<Number>(other).is_err(), "{other}");
        }
        assert_eq!(
            serde_json::from_str::<Option<Number>>("null").unwrap(),
            None
        );
    }

    #[test]
    fn whole_numbers_are_whole() {
        assert_eq!(Number::of_text(" 30 ").whole("capacity"), Ok(30));
        for wrong in ["1.5", "1e400", "99999999999", "x", ""] {
            assert!(Number::of_text(wrong).whole("capacity").is_err(), "{wrong}");
        }
    }
}
