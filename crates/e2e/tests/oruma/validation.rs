//! What the fields of a registration and a sign-in must be.

use oruma_e2e::{Answer, Client, Deployment, Person};
use serde_json::{Value, json};

use crate::support::{both_ways, refused};

both_ways!(
    every_missing_field_is_named,
    wrong_types_are_told_from_wrong_values,
    bodies_that_are_no_objects,
    weak_passwords_are_refused,
    addresses_are_checked,
    universities_are_known_ones,
    long_names_and_addresses_fit,
    an_address_joins_once,
    text_comes_back_as_it_was_sent,
);

async fn register(api: &Client, body: &Value) -> Answer {
    api.post("/api/auth/register", body).send().await
}

async fn login(api: &Client, body: &Value) -> Answer {
    api.post("/api/auth/login", body).send().await
}

/// The registration of somebody new, with one field as given.
fn with(field: &str, value: Value) -> Value {
    let mut body = Person::new().registration();
    body[field] = value;
    body
}

/// O-076, O-194: a field that is missing, null or empty is a 400 that names it, and all of them at once.
async fn every_missing_field_is_named(deployment: &Deployment) {
    let api = deployment.client();
    for field in ["name", "email", "password", "university"] {
        for value in [Value::Null, json!("")] {
            let answer = register(&api, &with(field, value)).await;
            refused(&answer, 400, "validation_failed", &[field]);
        }
        let mut body = Person::new().registration();
        body.as_object_mut().expect("an object").remove(field);
        refused(
            &register(&api, &body).await,
            400,
            "validation_failed",
            &[field],
        );
    }
    let all = ["email", "name", "password", "university"];
    refused(
        &register(&api, &json!({})).await,
        400,
        "validation_failed",
        &all,
    );
    let blank = json!({"name": " ", "email": " ", "password": "", "university": "\t"});
    refused(
        &register(&api, &blank).await,
        400,
        "validation_failed",
        &all,
    );
    let (email, password) = ("a@mit.edu", "x");
    refused(
        &login(&api, &json!({"password": password})).await,
        400,
        "validation_failed",
        &["email"],
    );
    refused(
        &login(&api, &json!({"email": email})).await,
        400,
        "validation_failed",
        &["password"],
    );
    refused(
        &login(&api, &json!({"email": email, "password": null})).await,
        400,
        "validation_failed",
        &["password"],
    );
    let wrong = json!({"email": "nobody", "password": password});
    refused(
        &login(&api, &wrong).await,
        400,
        "validation_failed",
        &["email"],
    );
}

/// O-076: a field of the wrong JSON type is a 422 that names it.
async fn wrong_types_are_told_from_wrong_values(deployment: &Deployment) {
    let api = deployment.client();
    for field in ["name", "email", "password", "university"] {
        for value in [
            json!(7),
            json!(true),
            json!(["a"]),
            json!({"a": 1}),
            json!(1.5),
        ] {
            let answer = register(&api, &with(field, value)).await;
            refused(&answer, 422, "wrong_type", &[field]);
        }
    }
    for field in ["email", "password"] {
        let mut body = json!({"email": "a@mit.edu", "password": "x"});
        body[field] = json!({});
        refused(&login(&api, &body).await, 422, "wrong_type", &[field]);
    }
    for path in ["/api/auth/refresh", "/api/auth/logout"] {
        let member = deployment.member().await;
        let call = api
            .post(path, &json!({"refreshToken": 7}))
            .bearer(&member.token);
        refused(&call.send().await, 422, "wrong_type", &["refreshToken"]);
    }
}

/// O-074, O-076: no JSON is a 400, JSON that is no object a 422.
async fn bodies_that_are_no_objects(deployment: &Deployment) {
    let api = deployment.client();
    for path in ["/api/auth/register", "/api/auth/login", "/api/auth/refresh"] {
        for broken in [
            "",
            "{",
            r#"{"email":}"#,
            "nonsense",
            "{} {}",
            "'{}'",
            "[1,",
            "\u{feff}{}",
        ] {
            let answer = api.call("POST", path).body(broken).send().await;
            refused(&answer, 400, "invalid_json", &[]);
        }
        let latin: &[u8] = b"{\"email\":\"\xe9@mit.edu\",\"refreshToken\":\"\xe9\"}";
        refused(
            &api.call("POST", path).body(latin).send().await,
            400,
            "invalid_json",
            &[],
        );
        let surrogate = r#"{"email":"\ud800","refreshToken":"\ud800"}"#;
        refused(
            &api.call("POST", path).body(surrogate).send().await,
            400,
            "invalid_json",
            &[],
        );
        for other in [
            "[]",
            r#"[{"email":"a@mit.edu"}]"#,
            r#"["a@mit.edu","Passw0rd"]"#,
            "\"text\"",
            "7",
            "null",
            "true",
        ] {
            let answer = api.call("POST", path).body(other).send().await;
            refused(&answer, 422, "wrong_type", &["body"]);
        }
    }
}

/// O-147, K-34: eight characters and a number; what bcrypt would cut is refused.
async fn weak_passwords_are_refused(deployment: &Deployment) {
    let api = deployment.client();
    for weak in [
        "Short1!",
        "onlyletters",
        "1234567",
        &"a1".repeat(40),
        "with\u{0}null1",
    ] {
        let answer = register(&api, &with("password", json!(weak))).await;
        refused(&answer, 400, "validation_failed", &["password"]);
    }
    for good in ["8letter5", "пароль42", "p4ss word with spaces"] {
        let person = Person {
            password: good.to_owned(),
            ..Person::new()
        };
        let member = api.join(person).await;
        assert_eq!(api.signed_in(&member.person).await.id, member.id);
    }
}

/// O-154: an address has the form of one.
async fn addresses_are_checked(deployment: &Deployment) {
    let api = deployment.client();
    for wrong in [
        "ada",
        "ada@",
        "@mit.edu",
        "ada@mit",
        "a da@mit.edu",
        "ada@mit..edu",
        "ada@@mit.edu",
        "Ada <ada@mit.edu>",
        "ada@[127.0.0.1]",
        "ada@mit.edu\u{0}",
        "ada@mit.edu\r\nBcc: all@mit.edu",
    ] {
        let answer = register(&api, &with("email", json!(wrong))).await;
        refused(&answer, 400, "validation_failed", &["email"]);
    }
}

/// O-155: a university is one of the directory, by its name in any case; the account shows the official one.
async fn universities_are_known_ones(deployment: &Deployment) {
    let api = deployment.client();
    for unknown in [
        "Unseen University",
        "x",
        "%",
        "MIT' OR 1=1",
        &"u".repeat(300),
    ] {
        let answer = register(&api, &with("university", json!(unknown))).await;
        refused(&answer, 400, "validation_failed", &["university"]);
    }
    let body = with(
        "university",
        json!(" massachusetts institute of TECHNOLOGY "),
    );
    let answer = register(&api, &body).await.must_be(201);
    assert_eq!(
        answer.json()["user"]["university"],
        "Massachusetts Institute of Technology"
    );
}

/// O-125: names and addresses have up to 255 characters.
async fn long_names_and_addresses_fit(deployment: &Deployment) {
    let api = deployment.client();
    let unique = Person::new();
    let local = unique.email.split('@').next().expect("a local part");
    let domain = format!(
        "{}.{}.{}.edu",
        "a".repeat(63),
        "b".repeat(63),
        "c".repeat(63)
    );
    let room = 255 - local.len() - 1 - domain.len();
    let email = format!("{local}@{}.{domain}", "d".repeat(room - 1));
    assert_eq!(email.len(), 255);
    let person = Person {
        name: "é".repeat(255),
        email: email.clone(),
        ..unique
    };
    let member = api.join(person).await;
    assert_eq!(api.signed_in(&member.person).await.id, member.id);
    let too_long = [("name", "é".repeat(256)), ("email", format!("d{email}"))];
    for (field, value) in too_long {
        let answer = register(&api, &with(field, json!(value))).await;
        refused(&answer, 400, "validation_failed", &[field]);
    }
}

/// O-189, O-190, K-41: text is data: neither SQL nor HTML, and it comes back in the same characters; only control characters are refused.
async fn text_comes_back_as_it_was_sent(deployment: &Deployment) {
    let api = deployment.client();
    for name in [
        "<script>alert(1)</script> & \"co\"",
        "Robert'); DROP TABLE auth.users; --",
        "李伟 \u{1f600} Ωmega %s {{7*7}}",
    ] {
        let person = Person {
            name: name.to_owned(),
            ..Person::new()
        };
        let member = api.join(person).await;
        assert_eq!(
            api.me(&member.token).await.must_be(200).json()["name"],
            name
        );
    }
    for name in ["a\u{0}b", "a\nb", "a\u{7}b", "\u{1b}[31m"] {
        let answer = register(&api, &with("name", json!(name))).await;
        refused(&answer, 400, "validation_failed", &["name"]);
    }
}

/// O-007, K-51: a taken address is a 400, in any case of its letters.
async fn an_address_joins_once(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for email in [
        member.person.email.clone(),
        member.person.email.to_uppercase(),
    ] {
        let answer = register(&api, &with("email", json!(email))).await;
        refused(&answer, 400, "validation_failed", &["email"]);
    }
}
