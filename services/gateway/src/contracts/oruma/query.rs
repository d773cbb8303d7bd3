//! Query strings: unknown parameters are ignored, wrong ones are a 400 that names them.

use actix_web::HttpRequest;
use std::collections::HashMap;

use crate::failure::Failure;

/// The parameters of a request; of one given twice the last counts.
pub(super) struct Query(HashMap<String, String>);

impl Query {
    /// Reads them.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// A parameter; empty when it is missing.
    pub(super) fn text(&self, name: &str) -> Result<String, Failure> {
        let text = self.0.get(name).cloned().unwrap_or_default();
        if text.chars().count() > 255 && name != "cursor" {
            return Err(Failure::invalid(name, "must have at most 255 characters"));
        }
        if text.contains('\0') {
            return Err(Failure::invalid(name, "must not contain a null character"));
        }
        Ok(text)
    }

    /// Whether something is asked for: not, when it is missing.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Failure> {
        match self.0.get(name).map(String::as_str) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Failure::invalid(name, "must be true or false")),
        }
    }

    /// How many at the most: 0, which is the service's default, when it is missing. What is too large is for the service to clamp.
    pub(super) fn limit(&self) -> Result<i32, Failure> {
        let Some(text) = self.0.get("limit") else {
            return Ok(0);
        };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let limit = if digits {
            text.parse().unwrap_or(i32::MAX)
        } else {
            0
        };
        if limit == 0 {
            return Err(Failure::invalid("limit", "must be a number of at least 1"));
        }
        Ok(limit)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn query(text: &str) -> Query {
        Query::of(&TestRequest::with_uri(&format!("/?{text}")).to_http_request())
    }

    #[test]
    fn limits_are_positive_numbers() {
        assert_eq!(query("").limit(), Ok(0));
        assert_eq!(query("limit=7").limit(), Ok(7));
        assert_eq!(query("limit=99999999999999").limit(), Ok(i32::MAX));
        for wrong in [
            "limit=0",
            "limit=-1",
            "limit=ten",
            "limit=",
            "limit=1.5",
            "limit=%2B7",
        ] {
            assert!(query(wrong).limit().is_err(), "{wrong}");
        }
    }

    #[test]
    fn text_is_decoded_and_bounded() {
        assert_eq!(query("q=S%C3%A3o+Paulo").text("q").unwrap(), "São Paulo");
        assert!(query(&format!("q={}", "a".repeat(256))).text("q").is_err());
        assert!(query("q=%00").text("q").is_err());
    }
}
