//! What a new account needs.

use std::str::FromStr;

use email_address::{EmailAddress, Options};
use oruma_rpc_error::Violation;
use oruma_service_runtime::Contract;
use oruma_text::{Lines, plain};
use secrecy::SecretString;
use unicode_normalization::UnicodeNormalization;

use super::folding::fold;
use super::password::NewPassword;
use super::phone::Phone;

/// Longest name and longest e-mail, in characters (O-125).
const LONGEST: usize = 255;
/// Longest handle that is made, without its number.
const LONGEST_HANDLE: usize = 30;

/// An e-mail address as it was typed; compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Reads an address of the form `local@domain.tld`.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text: String = text.trim().nfc().collect();
        if text.is_empty() {
            return Err("is required");
        }
        if text.chars().count() > LONGEST {
            return Err("must have at most 255 characters");
        }
        let options = Options::default()
            .with_required_tld()
            .without_domain_literal()
            .without_display_text();
        EmailAddress::parse_with_options(&text, options)
            .map(|_| Self(text))
            .map_err(|_| "must be a valid e-mail address")
    }

    /// The address as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(&self.0, |(local, _)| local)
    }
}

/// The shortest name of the chat, in characters (C-107); the other contracts name no such rule.
const SHORTEST_CHAT_NAME: usize = 2;

/// The name that people see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// Judges a name by the rules of the contract.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn parse(text: &str, contract: Contract) -> Result<Self, String> {
        let name: Self = text.parse()?;
        let is_short = name.0.chars().count() < SHORTEST_CHAT_NAME;
        if contract == Contract::Connectbest && is_short {
            return Err("must have at least 2 characters".to_owned());
        }
        Ok(name)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DisplayName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = plain(text, Lines::One, LONGEST).map_err(|problem| problem.to_string())?;
        if text.is_empty() {
            return Err("is required".to_owned());
        }
        Ok(Self(text))
    }
}

/// The handle that a person gets: readable, made from the name, or from the e-mail where the name has no letters for it.
#[must_use]
pub fn handle_for(name: &DisplayName, email: &Email) -> String {
    [name.as_str(), email.local_part()]
        .into_iter()
        .map(handle_letters)
        .find(|handle| !handle.is_empty())
        .unwrap_or_else(|| "member".to_owned())
}

fn handle_letters(text: &str) -> String {
    let mut handle = String::new();
    for letter in fold(text).chars() {
        match letter {
            ' ' if !handle.is_empty() => handle.push('.'),
            _ if letter.is_ascii_alphanumeric() => handle.push(letter),
            _ => {}
        }
        if handle.len() == LONGEST_HANDLE {
            break;
        }
    }
    handle.trim_matches('.').to_owned()
}

/// A request to join, judged.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The name that people will see.
    pub name: DisplayName,
    /// The address that will sign in.
    pub email: Email,
    /// The password.
    pub password: NewPassword,
    /// The phone, if one was given.
    pub phone: Option<Phone>,
    /// The university as it was named; `None` where the contract asks for none and none was given.
    pub university: Option<String>,
}

/// A request to join, as it came.
#[derive(Debug, Clone)]
pub struct Application {
    /// The name that people will see.
    pub name: String,
    /// The address that will sign in.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// The phone in E.164; empty for none.
    pub phone: String,
    /// The university; empty for none.
    pub university: String,
}

impl Application {
    /// Judges all fields by the rules of the contract.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn judge(&self, contract: Contract) -> Result<NewAccount, Vec<Violation>> {
        let name = DisplayName::parse(&self.name, contract);
        let email = Email::parse(&self.email);
        let password = NewPassword::parse(&self.password, contract);
        let university = judge_university(&self.university, contract);
        let phone = judge_phone(&self.phone);
        match (name, email, password, phone, university) {
            (Ok(name), Ok(email), Ok(password), Ok(phone), Ok(university)) => Ok(NewAccount {
                name,
                email,
                password,
                phone,
                university,
            }),
            (name, email, password, phone, university) => Err([
                ("display_name", name.err()),
                ("email", email.err().map(str::to_owned)),
                ("password", password.err().map(str::to_owned)),
                ("phone", phone.err().map(str::to_owned)),
                ("university", university.err().map(str::to_owned)),
            ]
            .into_iter()
            .filter_map(|(field, problem)| Some(Violation::new(field, problem?)))
            .collect()),
        }
    }
}

fn judge_phone(text: &str) -> Result<Option<Phone>, &'static str> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    text.parse().map(Some)
}

/// Only the student hub asks for a university (K-01).
fn judge_university(text: &str, contract: Contract) -> Result<Option<String>, &'static str> {
    let text = text.trim();
    match (text.is_empty(), contract) {
        (true, Contract::Oruma) => Err("is required"),
        (true, _) => Ok(None),
        (false, _) if text.chars().count() > LONGEST => Err("must have at most 255 characters"),
        (false, _) => Ok(Some(text.to_owned())),
    }
}

/// Whether a contract admits only people whose address is known to be theirs, and sends them a code to show it (K-27).
#[must_use]
pub const fn demands_verified_email(contract: Contract) -> bool {
    match contract {
        Contract::Connectbest => true,
        Contract::Oruma | Contract::Social | Contract::Socmel | Contract::Dubai => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// C-107: a name of the chat has two characters.
    #[test]
    fn a_name_of_the_chat_is_longer() {
        assert!(DisplayName::parse("A", Contract::Connectbest).is_err());
        assert!(DisplayName::parse("Ж", Contract::Oruma).is_ok());
        assert!(DisplayName::parse("Жé", Contract::Connectbest).is_ok());
        assert!(DisplayName::parse("", Contract::Connectbest).is_err());
    }

    #[test]
    fn addresses_need_a_local_part_and_a_domain_with_a_dot() {
        for good in ["ada@uni.edu", "Ada.Lovelace+x@Sub.Uni.EDU", " ada@uni.edu "] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "ada",
            "ada@",
            "@uni.edu",
            "ada@uni",
            "a b@uni.edu",
            "Ada <ada@uni.edu>",
            "ada@[127.0.0.1]",
            "ada@uni..edu",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
        assert!(Email::parse(&format!("{}@uni.edu", "a".repeat(255))).is_err());
    }

    #[test]
    fn handles_are_readable() {
        let handle = |name: &str| {
            handle_for(
                &name.parse().unwrap(),
                &Email::parse("li.wei@uni.edu").unwrap(),
            )
        };
        assert_eq!(handle("Ayşe Yılmaz"), "ayse.yilmaz");
        assert_eq!(handle("O'Neil, Shaquille"), "oneil.shaquille");
        assert_eq!(handle("李伟"), "li.wei");
    }

    #[test]
    fn all_fields_at_fault_are_named_at_once() {
        let application = Application {
            name: " ".to_owned(),
            email: "nobody".to_owned(),
            password: SecretString::from("short"),
            phone: String::new(),
            university: String::new(),
        };
        let fields: Vec<String> = application
            .judge(Contract::Oruma)
            .unwrap_err()
            .into_iter()
            .map(|violation| violation.field)
            .collect();
        assert_eq!(fields, ["display_name", "email", "password", "university"]);
    }

    proptest! {
        #[test]
        fn handles_have_only_plain_characters(name in "\\PC{1,60}") {
            if let Ok(name) = name.parse() {
                let handle = handle_for(&name, &Email::parse("x@uni.edu").unwrap());
                prop_assert!(!handle.is_empty() && handle.len() <= LONGEST_HANDLE);
                prop_assert!(handle.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.'));
            }
        }
    }
}
