//! The words of mails, as text and as HTML; the HTML escapes whatever people chose themselves.

use askama::Template;
use oruma_service_runtime::Contract;

use crate::domain::code::Code;
use crate::domain::mail::{Channel, Mail};
use crate::domain::user::User;
use crate::error::Error;

#[derive(Template)]
#[template(path = "verify_email.txt")]
struct VerifyEmailText<'a> {
    product: &'a str,
    name: &'a str,
    code: &'a str,
    minutes: i64,
}

#[derive(Template)]
#[template(path = "verify_email.html")]
struct VerifyEmailHtml<'a> {
    product: &'a str,
    name: &'a str,
    code: &'a str,
    minutes: i64,
}

#[derive(Template)]
#[template(path = "reset_password.txt")]
struct ResetPasswordText<'a> {
    product: &'a str,
    name: &'a str,
    link: &'a str,
    minutes: i64,
}

#[derive(Template)]
#[template(path = "reset_password.html")]
struct ResetPasswordHtml<'a> {
    product: &'a str,
    name: &'a str,
    link: &'a str,
    minutes: i64,
}

#[derive(Template)]
#[template(path = "sms_code.txt")]
struct SmsCodeText<'a> {
    product: &'a str,
    code: &'a str,
    minutes: i64,
}

#[derive(Template)]
#[template(path = "password_changed.txt")]
struct PasswordChangedText<'a> {
    product: &'a str,
    name: &'a str,
}

#[derive(Template)]
#[template(path = "password_changed.html")]
struct PasswordChangedHtml<'a> {
    product: &'a str,
    name: &'a str,
}

#[derive(Template)]
#[template(path = "account_suspended.txt")]
struct AccountSuspendedText<'a> {
    product: &'a str,
    name: &'a str,
    reason: &'a str,
}

#[derive(Template)]
#[template(path = "account_suspended.html")]
struct AccountSuspendedHtml<'a> {
    product: &'a str,
    name: &'a str,
    reason: &'a str,
}

/// The mail with the code that shows whose an address is.
pub fn verify_email(
    contract: Contract,
    user: &User,
    code: &Code,
    minutes: i64,
) -> Result<Mail, Error> {
    let (product, name, code) = (product(contract), &*user.display_name, code.expose());
    let text = VerifyEmailText {
        product,
        name,
        code,
        minutes,
    };
    let html = VerifyEmailHtml {
        product,
        name,
        code,
        minutes,
    };
    mail(user, format!("Your {product} code"), &text, &html)
}

/// The mail with the link that sets a new password.
pub fn reset_password(
    contract: Contract,
    user: &User,
    link: &str,
    minutes: i64,
) -> Result<Mail, Error> {
    let (product, name) = (product(contract), &*user.display_name);
    let text = ResetPasswordText {
        product,
        name,
        link,
        minutes,
    };
    let html = ResetPasswordHtml {
        product,
        name,
        link,
        minutes,
    };
    let subject = format!("Set a new {product} password");
    mail(user, subject, &text, &html)
}

/// The mail that tells of a new password.
pub fn password_changed(contract: Contract, user: &User) -> Result<Mail, Error> {
    let (product, name) = (product(contract), &*user.display_name);
    let text = PasswordChangedText { product, name };
    let html = PasswordChangedHtml { product, name };
    let subject = format!("Your {product} password was changed");
    mail(user, subject, &text, &html)
}

/// The mail that tells of a suspension, and why; the reason may be empty.
pub fn account_suspended(contract: Contract, user: &User, reason: &str) -> Result<Mail, Error> {
    let (product, name) = (product(contract), &*user.display_name);
    let text = AccountSuspendedText {
        product,
        name,
        reason,
    };
    let html = AccountSuspendedHtml {
        product,
        name,
        reason,
    };
    let subject = format!("Your {product} account is suspended");
    mail(user, subject, &text, &html)
}

/// The text message with a code for signing in.
pub fn sms_code(
    contract: Contract,
    phone: String,
    code: &Code,
    minutes: i64,
) -> Result<Mail, Error> {
    let text = SmsCodeText {
        product: product(contract),
        code: code.expose(),
        minutes,
    };
    Ok(Mail {
        channel: Channel::Sms,
        to: phone,
        subject: String::new(),
        text: text
            .render()
            .map_err(Error::internal)?
            .trim_end()
            .to_owned(),
        html: String::new(),
    })
}

/// What the people of a contract call the place.
pub const fn product(contract: Contract) -> &'static str {
    match contract {
        Contract::Oruma => "Oruma",
        Contract::Connectbest => "ConnectBest",
        Contract::Social => "Social",
        Contract::Socmel => "SocMel",
        Contract::Dubai => "Dubai Community",
    }
}

fn mail(
    user: &User,
    subject: String,
    text: &impl Template,
    html: &impl Template,
) -> Result<Mail, Error> {
    Ok(Mail {
        channel: Channel::Mail,
        to: user.email.clone(),
        subject,
        text: text.render().map_err(Error::internal)?,
        html: html.render().map_err(Error::internal)?,
    })
}
