//! What the service reads from its environment.

use oruma_engagement::ReportLimits;
use oruma_postgres::DatabaseConfig;
use oruma_service_runtime::{ConfigError, Env, InternalCredential};

use crate::domain::draft::ItemLimits;
use crate::domain::review::ReviewLimits;

/// Everything that the service's parts are made from.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its database.
    pub database: DatabaseConfig,
    /// `INTERNAL_GRPC_TOKEN`: what callers must show, and what it shows to media.
    pub credential: InternalCredential,
    /// What an item may hold.
    pub items: ItemLimits,
    /// What a review may hold.
    pub reviews: ReviewLimits,
    /// What a report may hold.
    pub reports: ReportLimits,
}

impl Config {
    /// Reads the variables.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the first variable that is missing or wrong.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            database: DatabaseConfig::from_env(env, "marketplace")?,
            credential: InternalCredential::from_env(env)?,
            items: item_limits(env)?,
            reviews: ReviewLimits {
                comment: within(env, "REVIEW_MAX_COMMENT_CHARACTERS", 2_000, LONGEST)?,
            },
            reports: ReportLimits::from_env(env)?,
        })
    }
}

/// Characters of any text at the most: an event with it must fit a message of the broker.
const LONGEST: usize = 20_000;
/// Characters of a text that an index holds.
const LONGEST_KEY: usize = 255;
/// Entries of a list at the most.
const MANY: usize = 200;

fn item_limits(env: &Env) -> Result<ItemLimits, ConfigError> {
    Ok(ItemLimits {
        title: within(env, "ITEM_MAX_TITLE_CHARACTERS", 255, LONGEST)?,
        description: within(env, "ITEM_MAX_DESCRIPTION_CHARACTERS", 10_000, LONGEST)?,
        price: price(env)?,
        category: within(env, "ITEM_MAX_CATEGORY_CHARACTERS", 100, LONGEST_KEY)?,
        location: within(env, "ITEM_MAX_LOCATION_CHARACTERS", 255, LONGEST)?,
        tags: up_to(env, "ITEM_MAX_TAGS", 20)?,
        tag: within(env, "ITEM_MAX_TAG_CHARACTERS", 50, LONGEST_KEY)?,
        specifications: up_to(env, "ITEM_MAX_SPECIFICATIONS", 50)?,
        label: within(env, "ITEM_MAX_SPECIFICATION_LABEL_CHARACTERS", 100, LONGEST)?,
        value: within(env, "ITEM_MAX_SPECIFICATION_VALUE_CHARACTERS", 500, LONGEST)?,
        images: up_to(env, "ITEM_MAX_IMAGES", 8)?,
    })
}

fn price(env: &Env) -> Result<i64, ConfigError> {
    const NAME: &str = "ITEM_MAX_PRICE";
    /// So that its hundredths are far from the end of what a number holds.
    const DEAREST: i64 = 1_000_000_000_000;
    match env.number(NAME, 1_000_000)? {
        number @ 1..=DEAREST => Ok(number),
        _ => Err(ConfigError::new(
            NAME,
            format!("must be from 1 to {DEAREST}"),
        )),
    }
}

fn within(env: &Env, name: &str, default: usize, most: usize) -> Result<usize, ConfigError> {
    match env.number(name, default)? {
        number if (1..=most).contains(&number) => Ok(number),
        _ => Err(ConfigError::new(name, format!("must be from 1 to {most}"))),
    }
}

fn up_to(env: &Env, name: &str, default: usize) -> Result<usize, ConfigError> {
    match env.number(name, default)? {
        number if number <= MANY => Ok(number),
        _ => Err(ConfigError::new(name, format!("must be at most {MANY}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(extra: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let base = [
            ("DATABASE_URL", "postgresql://app@localhost:5432/oruma"),
            ("INTERNAL_GRPC_TOKEN", "0123456789abcdef0123456789abcdef"),
        ];
        Config::from_env(&Env::of_pairs(
            base.into_iter().chain(extra.iter().copied()),
        ))
    }

    /// O-165, O-166: the defaults are those of the contract.
    #[test]
    fn defaults_are_those_of_the_contract() {
        let limits = read(&[]).unwrap().items;
        assert_eq!((limits.images, limits.price), (8, 1_000_000));
        assert_eq!((limits.tags, limits.specifications), (20, 50));
    }

    #[test]
    fn a_wrong_variable_is_named() {
        for (name, value) in [
            ("ITEM_MAX_TITLE_CHARACTERS", "0"),
            ("ITEM_MAX_DESCRIPTION_CHARACTERS", "20001"),
            ("ITEM_MAX_CATEGORY_CHARACTERS", "256"),
            ("ITEM_MAX_PRICE", "0"),
            ("ITEM_MAX_IMAGES", "many"),
            ("ITEM_MAX_TAGS", "201"),
            ("REVIEW_MAX_COMMENT_CHARACTERS", "-1"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err().variable, name);
        }
    }
}
