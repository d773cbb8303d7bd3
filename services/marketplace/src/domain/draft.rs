//! What a seller wants to say of an item, and whether it may be said.

use std::collections::HashSet;

use oruma_ids::UserId;
use oruma_rpc_error::Violation;
use oruma_text::{Lines, plain};

use super::item::{Condition, Item, ItemBody, Specification};
use super::price::Price;
use super::sale::{IllegalStep, Sale, Step};

/// What an item may hold (O-165, O-166).
#[derive(Debug, Clone, Copy)]
pub struct ItemLimits {
    /// `ITEM_MAX_TITLE_CHARACTERS`: 255 by default, in code points.
    pub title: usize,
    /// `ITEM_MAX_DESCRIPTION_CHARACTERS`: 10,000 by default.
    pub description: usize,
    /// `ITEM_MAX_PRICE`: 1,000,000 by default, in wholes.
    pub price: i64,
    /// `ITEM_MAX_CATEGORY_CHARACTERS`: 100 by default.
    pub category: usize,
    /// `ITEM_MAX_LOCATION_CHARACTERS`: 255 by default.
    pub location: usize,
    /// `ITEM_MAX_TAGS`: 20 by default.
    pub tags: usize,
    /// `ITEM_MAX_TAG_CHARACTERS`: 50 by default.
    pub tag: usize,
    /// `ITEM_MAX_SPECIFICATIONS`: 50 by default.
    pub specifications: usize,
    /// `ITEM_MAX_SPECIFICATION_LABEL_CHARACTERS`: 100 by default.
    pub label: usize,
    /// `ITEM_MAX_SPECIFICATION_VALUE_CHARACTERS`: 500 by default.
    pub value: usize,
    /// `ITEM_MAX_IMAGES`: 8 by default.
    pub images: usize,
}

/// What a seller wants to say, as it came. `None` leaves a field as it is, or empty in a new item.
#[derive(Debug, Clone, Default)]
pub struct ItemDraft {
    /// What it is called.
    pub title: Option<String>,
    /// What it is like.
    pub description: Option<String>,
    /// Decimal text.
    pub price: Option<String>,
    /// The name of a condition.
    pub condition: Option<String>,
    /// In any case.
    pub category: Option<String>,
    /// Where it can be had.
    pub location: Option<String>,
    /// In any case.
    pub tags: Option<Vec<String>>,
    /// Its properties.
    pub specifications: Option<Vec<Specification>>,
    /// Paths under `/uploads/images/`.
    pub images: Option<Vec<String>>,
    /// The name of the next status.
    pub status: Option<String>,
    /// The id of the buyer.
    pub buyer: Option<String>,
}

/// What is wrong with a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftProblem {
    /// Every field at fault.
    Invalid(Vec<Violation>),
    /// The sale can't become that.
    Illegal,
}

impl From<IllegalStep> for DraftProblem {
    fn from(_: IllegalStep) -> Self {
        Self::Illegal
    }
}

impl ItemDraft {
    /// Judges a new item.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn judge(self, limits: &ItemLimits) -> Result<ItemBody, Vec<Violation>> {
        let mut faults = Faults::default();
        let body = self.over(None, limits, &mut faults);
        body.filter(|_| faults.0.is_empty()).ok_or(faults.0)
    }

    /// Judges a change of an item and of its sale.
    ///
    /// # Errors
    /// [`DraftProblem`].
    pub fn change(
        self,
        item: &Item,
        limits: &ItemLimits,
    ) -> Result<(ItemBody, Sale), DraftProblem> {
        let mut faults = Faults::default();
        let step = self.step(item.seller, &mut faults);
        if step.lacks_status(item.sale) {
            faults.add("buyer_id", "needs the status reserved or sold");
        }
        match self.over(Some(&item.body), limits, &mut faults) {
            Some(body) if faults.0.is_empty() => Ok((body, step.take(item.sale)?)),
            _ => Err(DraftProblem::Invalid(faults.0)),
        }
    }

    fn step(&self, seller: UserId, faults: &mut Faults) -> Step {
        let (status, buyer) = (self.status.as_deref(), self.buyer.as_deref());
        Step::read(status, buyer, seller, &mut faults.0)
    }

    /// `None` only with a fault.
    fn over(
        self,
        old: Option<&ItemBody>,
        limits: &ItemLimits,
        faults: &mut Faults,
    ) -> Option<ItemBody> {
        let old_text =
            |field: fn(&ItemBody) -> &String| old.map(field).cloned().unwrap_or_default();
        let title = match self.title {
            None => faults.present("title", old_text(|old| &old.title)),
            Some(text) => faults.required("title", &text, Lines::One, limits.title),
        };
        let description = match self.description {
            None => faults.present("description", old_text(|old| &old.description)),
            Some(text) => faults.required("description", &text, Lines::Many, limits.description),
        };
        let price = match self.price {
            None => faults.some("price", old.map(|old| old.price)),
            Some(text) => faults.price(&text, limits.price),
        };
        let condition = match self.condition {
            None => faults.some("condition", old.map(|old| old.condition)),
            Some(name) => faults.condition(&name),
        };
        let category = match self.category {
            None => faults.present("category", old_text(|old| &old.category)),
            Some(text) => faults
                .required("category", &text, Lines::One, limits.category)
                .to_lowercase(),
        };
        let location = match self.location {
            None => old_text(|old| &old.location),
            Some(text) => faults.text("location", &text, Lines::One, limits.location),
        };
        let tags = match self.tags {
            None => old.map(|old| old.tags.clone()).unwrap_or_default(),
            Some(tags) => faults.tags(&tags, limits),
        };
        let specifications = match self.specifications {
            None => old
                .map(|old| old.specifications.clone())
                .unwrap_or_default(),
            Some(specifications) => faults.specifications(&specifications, limits),
        };
        let images = match self.images {
            None => old.map(|old| old.images.clone()).unwrap_or_default(),
            Some(images) => faults.images(images, limits.images),
        };
        Some(ItemBody {
            title,
            description,
            price: price?,
            condition: condition?,
            category,
            location,
            tags,
            specifications,
            images,
        })
    }
}

/// What is wrong, gathered while a draft is read.
#[derive(Default)]
struct Faults(Vec<Violation>);

impl Faults {
    fn add(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Violation::new(field, problem));
    }

    fn present(&mut self, field: &str, text: String) -> String {
        if text.is_empty() {
            self.add(field, "is required");
        }
        text
    }

    fn some<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.add(field, "is required");
        }
        value
    }

    fn text(&mut self, field: &str, text: &str, lines: Lines, most: usize) -> String {
        plain(text, lines, most).unwrap_or_else(|problem| {
            self.add(field, problem.to_string());
            String::new()
        })
    }

    fn required(&mut self, field: &str, text: &str, lines: Lines, most: usize) -> String {
        match plain(text, lines, most) {
            Ok(text) => self.present(field, text),
            Err(problem) => {
                self.add(field, problem.to_string());
                String::new()
            }
        }
    }

    fn price(&mut self, text: &str, most: i64) -> Option<Price> {
        Price::parse(text, most)
            .map_err(|problem| self.add("price", problem.to_string()))
            .ok()
    }

    fn condition(&mut self, name: &str) -> Option<Condition> {
        let condition = Condition::from_name(name);
        if condition.is_none() {
            self.add("condition", Condition::PROBLEM);
        }
        condition
    }

    fn tags(&mut self, given: &[String], limits: &ItemLimits) -> Vec<String> {
        let mut tags: Vec<String> = Vec::new();
        for (nth, text) in given.iter().enumerate() {
            let field = format!("tags[{nth}]");
            let tag = self.required(&field, text, Lines::One, limits.tag);
            let tag = tag.to_lowercase();
            if !tag.is_empty() && !tags.contains(&tag) {
                tags.push(tag);
            }
            // More than are taken need not be read.
            if tags.len() > limits.tags {
                self.add("tags", format!("must be at most {}", limits.tags));
                break;
            }
        }
        tags
    }

    fn specifications(
        &mut self,
        given: &[Specification],
        limits: &ItemLimits,
    ) -> Vec<Specification> {
        let most = limits.specifications;
        if given.len() > most {
            self.add("specifications", format!("must be at most {most}"));
        }
        let mut specifications = Vec::new();
        for (nth, Specification { label, value }) in given.iter().take(most).enumerate() {
            let field = |name: &str| format!("specifications[{nth}].{name}");
            specifications.push(Specification {
                label: self.required(&field("label"), label, Lines::One, limits.label),
                value: self.text(&field("value"), value, Lines::Many, limits.value),
            });
        }
        specifications
    }

    /// Whose they are is for the media service to say.
    fn images(&mut self, images: Vec<String>, most: usize) -> Vec<String> {
        if images.len() > most {
            self.add("images", format!("must be at most {most}"));
        }
        let mut seen = HashSet::new();
        if let Some(nth) = images.iter().position(|image| !seen.insert(image)) {
            self.add(format!("images[{nth}]"), "is there twice");
        }
        images
    }
}
