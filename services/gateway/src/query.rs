//! Query strings: unknown parameters are ignored, wrong ones are a 400 that names them.

use actix_web::HttpRequest;

use crate::failure::Failure;

/// The parameters of a request, in their order.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads them.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// Of one that is given twice the last counts.
    fn last(&self, name: &str) -> Option<&str> {
        let mut given = self.0.iter().rev();
        given
            .find(|(known, _)| known == name)
            .map(|(_, text)| text.as_str())
    }

    /// A parameter; empty when it is missing.
    pub(crate) fn text(&self, name: &str) -> Result<String, Failure> {
        checked(name, self.last(name).unwrap_or_default())
    }

    /// A parameter that is a credential: as it is, and none where it is missing or empty.
    pub(crate) fn secret(&self, name: &str) -> Option<&str> {
        self.last(name).filter(|text| !text.is_empty())
    }

    /// All values of a parameter that may be repeated, or have several with commas between.
    pub(crate) fn all(&self, name: &str) -> Result<Vec<String>, Failure> {
        let given = self.0.iter().filter(|(known, _)| known == name);
        let values: Vec<String> = given
            .flat_map(|(_, text)| text.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(|value| checked(name, value))
            .collect::<Result<_, _>>()?;
        if values.len() > MOST_VALUES {
            return Err(Failure::invalid(name, "has too many values"));
        }
        Ok(values)
    }

    /// Whether something is asked for: not, when it is missing.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Failure> {
        match self.last(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Failure::invalid(name, "must be true or false")),
        }
    }

    /// How many at the most: 0, which is the service's default, when it is missing. What is too large is for the service to clamp.
    pub(crate) fn limit(&self) -> Result<i32, Failure> {
        let Some(text) = self.last("limit") else {
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

    /// How many to pass over: none when it is missing. What is too large is for the service to clamp.
    pub(crate) fn offset(&self) -> Result<i32, Failure> {
        let Some(text) = self.last("offset") else {
            return Ok(0);
        };
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Failure::invalid("offset", "must be a number of at least 0"));
        }
        Ok(text.parse().unwrap_or(i32::MAX))
    }
}

/// Values of one parameter at the most.
const MOST_VALUES: usize = 50;

fn checked(name: &str, text: &str) -> Result<String, Failure> {
    if text.chars().count() > 255 && name != "cursor" {
        return Err(Failure::invalid(name, "must have at most 255 characters"));
    }
    if text.contains('\0') {
        return Err(Failure::invalid(name, "must not contain a null character"));
    }
    Ok(text.to_owned())
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
    fn offsets_are_numbers_from_nought_on() {
        assert_eq!(query("").offset(), Ok(0));
        assert_eq!(query("offset=0").offset(), Ok(0));
        assert_eq!(query("offset=99999999999999").offset(), Ok(i32::MAX));
        for wrong in ["offset=-1", "offset=", "offset=two"] {
            assert!(query(wrong).offset().is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_are_repeated_or_separated() {
        let tags = query("tags=a&tags=b,c&tags=&other=d").all("tags").unwrap();
        assert_eq!(tags, ["a", "b", "c"]);
        assert_eq!(query("tags=a&tags=b").text("tags").unwrap(), "b");
        assert!(
            query(&format!("tags={}", "x,".repeat(51)))
                .all("tags")
                .is_err()
        );
    }

    #[test]
    fn text_is_decoded_and_bounded() {
        assert_eq!(query("q=S%C3%A3o+Paulo").text("q").unwrap(), "São Paulo");
        assert!(query(&format!("q={}", "a".repeat(256))).text("q").is_err());
        assert!(query("q=%00").text("q").is_err());
    }
}
