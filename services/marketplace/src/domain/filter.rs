//! Which items somebody asks for, and in which order.

use oruma_ids::UserId;
use oruma_rpc_error::Violation;
use oruma_text::{Faults, Lines, is_in_no_text, plain, search_words};

use super::item::Condition;
use super::price::{at_least, at_most};
use super::sale::Status;

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The newest first.
    Recent,
    /// The cheapest first.
    PriceLow,
    /// The dearest first.
    PriceHigh,
    /// The most saved first, and the most looked at among equals.
    Popular,
    /// Those that match the words best first.
    Best,
}

/// What somebody asks for, as it came. What is empty doesn't narrow.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Words, in the syntax of web searches.
    pub query: String,
    /// In any case.
    pub category: String,
    /// Names of conditions, any of them.
    pub conditions: Vec<String>,
    /// Decimal text.
    pub price_min: String,
    /// Decimal text.
    pub price_max: String,
    /// Its name.
    pub university: String,
    /// In any case, any of them.
    pub tags: Vec<String>,
    /// The name of an order.
    pub sort_by: String,
    /// The name of a status.
    pub status: String,
    /// The id of a person.
    pub seller: String,
    /// Only what the asker saved.
    pub saved: bool,
}

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filters {
    /// Words, in the syntax of web searches.
    pub words: Option<String>,
    /// In lower case.
    pub category: Option<String>,
    /// Any of these.
    pub conditions: Option<Vec<String>>,
    /// In hundredths.
    pub price_min: Option<i64>,
    /// In hundredths.
    pub price_max: Option<i64>,
    /// Its name.
    pub university: Option<String>,
    /// Any of these, in lower case.
    pub tags: Option<Vec<String>>,
    /// How far the sale is.
    pub status: Option<Status>,
    /// Whose they are.
    pub seller: Option<UserId>,
    /// Only what the asker saved.
    pub saved: bool,
    /// In which order.
    pub sort: Sort,
}

/// What becomes of what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Look for these.
    Filters(Filters),
    /// Something is asked for that no item can have: control characters.
    Nothing,
}

impl Asked {
    /// Reads it.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn read(&self) -> Result<Reading, Vec<Violation>> {
        let mut faults = Faults::default();
        if self
            .conditions
            .iter()
            .any(|name| !name.is_empty() && Condition::from_name(name).is_none())
        {
            faults.add("conditions", Condition::PROBLEM);
        }
        let status = Status::from_name(&self.status);
        if status.is_none() && !self.status.is_empty() {
            faults.add("status", Status::PROBLEM);
        }
        let (price_min, price_max) = (at_least(&self.price_min), at_most(&self.price_max));
        if price_min.is_none() && !self.price_min.is_empty() {
            faults.add("price_min", NO_PRICE);
        }
        if price_max.is_none() && !self.price_max.is_empty() {
            faults.add("price_max", NO_PRICE);
        }
        let seller = self.seller.parse().ok();
        if seller.is_none() && !self.seller.is_empty() {
            faults.add("seller_id", "is no id");
        }
        let sort = self.sort();
        if sort.is_none() {
            faults.add(
                "sort_by",
                "must be recent, price_low, price_high or popular",
            );
        }
        let Some(sort) = sort.filter(|_| faults.is_empty()) else {
            return Err(faults.into_violations());
        };
        let Some(texts) = self.texts() else {
            return Ok(Reading::Nothing);
        };
        Ok(Reading::Filters(Filters {
            words: self.has_words().then(|| search_words(&self.query)),
            category: texts.category,
            conditions: some_of(&self.conditions),
            price_min,
            price_max,
            university: texts.university,
            tags: texts.tags,
            status,
            seller,
            saved: self.saved,
            sort,
        }))
    }

    fn has_words(&self) -> bool {
        !self.query.trim().is_empty()
    }

    fn sort(&self) -> Option<Sort> {
        match self.sort_by.as_str() {
            "" if self.has_words() => Some(Sort::Best),
            "" | "recent" => Some(Sort::Recent),
            "price_low" => Some(Sort::PriceLow),
            "price_high" => Some(Sort::PriceHigh),
            "popular" => Some(Sort::Popular),
            _ => None,
        }
    }

    /// Category, university and tags as they are stored. `None` where one is in no item.
    fn texts(&self) -> Option<Texts> {
        if is_in_no_text(&self.query) {
            return None;
        }
        let category = stored(&self.category)?.to_lowercase();
        let university = stored(&self.university)?;
        let mut tags = Vec::new();
        let given = self.tags.iter().filter(|tag| !tag.trim().is_empty());
        for tag in given.clone() {
            tags.extend(stored(tag).map(|tag| tag.to_lowercase()));
        }
        if tags.is_empty() && given.count() > 0 {
            return None;
        }
        let some = |text: String| (!text.is_empty()).then_some(text);
        Some(Texts {
            category: some(category),
            university: some(university),
            tags: some_of(&tags),
        })
    }
}

/// What is looked for as it is stored.
struct Texts {
    category: Option<String>,
    university: Option<String>,
    tags: Option<Vec<String>>,
}

impl Filters {
    /// The name of the list for a viewer, to which its page tokens belong.
    #[must_use]
    pub fn name(&self, viewer: UserId) -> String {
        let whose = if self.saved {
            viewer.to_string()
        } else {
            String::new()
        };
        format!("items {self:?} {whose}")
    }
}

const NO_PRICE: &str = "must be a number such as 12.50";
/// Characters of a filter that are read: no item has longer texts there.
const LONGEST_FILTER: usize = 1_000;

fn stored(text: &str) -> Option<String> {
    plain(text, Lines::One, LONGEST_FILTER).ok()
}

fn some_of(texts: &[String]) -> Option<Vec<String>> {
    let some: Vec<String> = texts
        .iter()
        .filter(|text| !text.is_empty())
        .cloned()
        .collect();
    (!some.is_empty()).then_some(some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(asked: &Asked) -> Filters {
        match asked.read().unwrap() {
            Reading::Filters(filters) => filters,
            Reading::Nothing => panic!("nothing"),
        }
    }

    #[test]
    fn what_is_empty_does_not_narrow() {
        let empty = filters(&Asked {
            query: " ".to_owned(),
            conditions: vec![String::new()],
            tags: vec![" ".to_owned()],
            ..Asked::default()
        });
        assert_eq!(empty, filters(&Asked::default()));
        assert_eq!(empty.sort, Sort::Recent);
    }

    #[test]
    fn every_field_at_fault_is_named() {
        let wrong = Asked {
            conditions: vec!["new".to_owned()],
            price_min: "cheap".to_owned(),
            price_max: "-1".to_owned(),
            sort_by: "best".to_owned(),
            status: "gone".to_owned(),
            seller: "me".to_owned(),
            ..Asked::default()
        };
        let named: Vec<String> = wrong
            .read()
            .unwrap_err()
            .into_iter()
            .map(|fault| fault.field)
            .collect();
        let expected = [
            "conditions",
            "status",
            "price_min",
            "price_max",
            "seller_id",
            "sort_by",
        ];
        assert_eq!(named, expected);
    }

    #[test]
    fn what_no_item_can_have_finds_nothing() {
        let with = |query: &str, category: &str, tag: &str| Asked {
            query: query.to_owned(),
            category: category.to_owned(),
            tags: vec![tag.to_owned()],
            ..Asked::default()
        };
        for asked in [
            with("a\0", "", ""),
            with("", "a\0", ""),
            with("", "", "\u{7}"),
        ] {
            assert_eq!(asked.read().unwrap(), Reading::Nothing);
        }
    }
}
