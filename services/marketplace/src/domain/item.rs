//! What an item is.

use chrono::{DateTime, Utc};
use oruma_ids::{ItemId, UserId};

use super::price::Price;
use super::sale::Sale;

/// In what shape an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Never used.
    New,
    /// Hardly used.
    LikeNew,
    /// Used with care.
    Good,
    /// Used.
    Fair,
    /// Worn.
    Poor,
}

impl Condition {
    /// All of them, the best first.
    pub const ALL: [Self; 5] = [Self::New, Self::LikeNew, Self::Good, Self::Fair, Self::Poor];
    /// What is said of any other name.
    pub const PROBLEM: &str = "must be New, Like New, Good, Fair or Poor";

    /// Its name, as in the contract and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::LikeNew => "Like New",
            Self::Good => "Good",
            Self::Fair => "Fair",
            Self::Poor => "Poor",
        }
    }

    /// The condition of exactly that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|condition| condition.name() == name)
    }
}

/// A property of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specification {
    /// Its name.
    pub label: String,
    /// What it is.
    pub value: String,
}

/// What a seller says of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemBody {
    /// What it is called.
    pub title: String,
    /// What it is like.
    pub description: String,
    /// What it costs.
    pub price: Price,
    /// In what shape it is.
    pub condition: Condition,
    /// In lower case.
    pub category: String,
    /// Where it can be had; empty when not said.
    pub location: String,
    /// In lower case, each once.
    pub tags: Vec<String>,
    /// Its properties.
    pub specifications: Vec<Specification>,
    /// Paths under `/uploads/images/`.
    pub images: Vec<String>,
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The id.
    pub id: ItemId,
    /// The short number, for contracts with integer ids.
    pub number: i64,
    /// Who sells it.
    pub seller: UserId,
    /// The seller's university when it was offered; empty for none.
    pub university: String,
    /// What the seller says.
    pub body: ItemBody,
    /// How far its sale is.
    pub sale: Sale,
    /// How many have looked at it.
    pub view_count: i64,
    /// How many saved it.
    pub save_count: i64,
    /// When it was offered.
    pub created_at: DateTime<Utc>,
    /// When its seller last changed it.
    pub updated_at: DateTime<Utc>,
}

impl Item {
    /// The buyer, for the seller and for the buyer.
    #[must_use]
    pub fn buyer_for(&self, viewer: UserId) -> Option<UserId> {
        self.sale
            .buyer
            .filter(|buyer| viewer == *buyer || viewer == self.seller)
    }
}

/// What buyers think of a seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rating {
    /// How many reviews there are.
    pub count: i64,
    /// Their stars together.
    pub sum: i64,
}

impl Rating {
    /// The mean of the stars, 0 without any.
    #[must_use]
    pub fn mean(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "nobody gets so many reviews")]
        let mean = |sum: i64, count: i64| sum as f64 / count as f64;
        if self.count == 0 {
            0.0
        } else {
            mean(self.sum, self.count)
        }
    }
}

/// An item as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenItem {
    /// The item.
    pub item: Item,
    /// Whether the person saved it.
    pub saved: bool,
    /// What buyers think of its seller.
    pub rating: Rating,
    /// To whom it is reserved or sold, as far as the person may know.
    pub buyer: Option<UserId>,
}

/// A category, with how many items of it can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its name in lower case.
    pub id: String,
    /// How many.
    pub count: i64,
}

impl Category {
    /// Its name for people: each word with a capital.
    #[must_use]
    pub fn name(&self) -> String {
        let mut name = String::with_capacity(self.id.len());
        let mut begins = true;
        for letter in self.id.chars() {
            if begins {
                name.extend(letter.to_uppercase());
            } else {
                name.push(letter);
            }
            begins = letter.is_whitespace() || matches!(letter, '-' | '/' | '&');
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_have_names_for_people() {
        for (id, name) in [
            ("books", "Books"),
            ("home & garden", "Home & Garden"),
            ("élan-vital", "Élan-Vital"),
        ] {
            let category = Category {
                id: id.to_owned(),
                count: 1,
            };
            assert_eq!(category.name(), name);
        }
    }

    #[test]
    fn the_mean_of_nothing_is_nothing() {
        assert!(Rating::default().mean().abs() < f64::EPSILON);
        let rating = Rating { count: 4, sum: 18 };
        assert!((rating.mean() - 4.5).abs() < f64::EPSILON);
    }
}
