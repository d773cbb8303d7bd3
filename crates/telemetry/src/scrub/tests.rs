use proptest::prelude::*;

use super::*;

#[test]
fn secret_parameters_are_masked_and_others_stay() {
    for (given, shown) in [
        ("", ""),
        ("page=2&limit=20", "page=2&limit=20"),
        ("token=abc", "token=[redacted]"),
        ("?ticket=abc&x=1", "?ticket=[redacted]&x=1"),
        ("a=1&Access_Token=abc#top", "a=1&Access_Token=[redacted]"),
        ("code=1&state=2", "code=[redacted]&state=[redacted]"),
        ("refreshToken=abc", "refreshToken=[redacted]"),
        ("password=a?b;c#d=e&x=1", "password=[redacted]&x=1"),
        ("statement=open&decoder=png", "statement=open&decoder=png"),
        ("token", "token"),
    ] {
        assert_eq!(query(given), shown, "{given}");
    }
}

#[test]
fn encoding_does_not_hide_a_secret_from_the_mask() {
    for given in [
        "%74oken=hunter2",
        "to%6ben%5B%5D=hunter2",
        "code[0]=hunter2",
        "next=%2Fws%3Ftoken%3Dhunter2",
        "next=%252Fws%253Ftoken%253Dhunter2",
        "next=/ws?token=hunter2",
        "+token+=hunter2",
    ] {
        let shown = query(given);
        assert!(
            shown.contains(MASK) && !shown.contains("hunter2"),
            "{given} became {shown}"
        );
    }
}

#[test]
fn secret_names_are_known_by_part_or_by_word() {
    for secret in [
        "password",
        "new_password",
        "user.email",
        "http.request.header.Authorization",
        "refresh_token",
        "code",
        "user.code",
        "clientSecret",
    ] {
        assert!(is_secret(secret), "{secret}");
    }
    for open in [
        "user.id",
        "error.code",
        "rpc.grpc.status_code",
        "http.response.status_code",
        "codec",
        "message",
    ] {
        assert!(!is_secret(open), "{open}");
    }
}

#[test]
fn a_query_inside_any_field_is_masked() {
    let shown = field("error", "no answer from https://x.test/a?token=abc");
    assert_eq!(
        shown.as_deref(),
        Some("no answer from https://x.test/a?token=[redacted]")
    );
    assert_eq!(field("error", "what? a=b"), None);
}

fn secret_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "token",
        "ticket",
        "code",
        "access_token",
        "refresh_token",
        "password",
        "state",
        "TOKEN",
        "%63ode",
    ])
}

proptest! {
    #[test]
    fn the_value_of_a_secret_never_survives(
        name in secret_name(),
        secret in "[A-Z0-9?;#=%./+-]{0,10}[A-Z]{8}[A-Z0-9?;#=%./+-]{0,10}",
        before in "([a-z]{1,6}=[a-z?;#=%]{0,6}&){0,3}",
        after in "(&[a-z]{1,6}=[a-z?;#=%]{0,6}){0,3}",
        prefix in "(|\\?|/ws\\?|https://oruma\\.test/ws\\?)",
    ) {
        let shown = query(&format!("{prefix}{before}{name}={secret}{after}"));
        prop_assert!(!shown.contains(&secret), "{}", shown);
    }

    #[test]
    fn any_text_is_taken_and_masking_again_changes_nothing(text in ".{0,80}") {
        let once = query(&text);
        prop_assert_eq!(query(&once), once);
    }
}
