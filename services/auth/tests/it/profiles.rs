//! What a person says of itself.

use chrono::TimeDelta;
use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::UserStatus;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::{Caller, Contract};
use serde_json::json;

use crate::support::{
    Auth, Person, answered, application, guest, invalid_fields, nobody, refused, strong,
};

async fn update(
    auth: &Auth,
    caller: &Caller,
    change: proto::UpdateProfileRequest,
) -> Result<proto::User, RpcError> {
    let answer = answered(auth.users().update_profile(caller.send(change)).await)?;
    Ok(answer.user.unwrap())
}

async fn set_status(
    auth: &Auth,
    caller: &Caller,
    status: UserStatus,
    message: Option<&str>,
) -> Result<proto::User, RpcError> {
    let request = caller.send(proto::UpdateStatusRequest {
        status: status.into(),
        status_message: message.map(str::to_owned),
    });
    let answer = answered(auth.users().update_status(request).await)?;
    Ok(answer.user.unwrap())
}

async fn found(auth: &Auth, query: &str, phones: bool) -> Vec<String> {
    let request = guest().send(proto::SearchUsersRequest {
        query: query.to_owned(),
        page_size: 50,
        phones,
    });
    let answer = answered(auth.users().search_users(request).await).unwrap();
    answer
        .users
        .into_iter()
        .map(|user| user.display_name)
        .collect()
}

fn change() -> proto::UpdateProfileRequest {
    proto::UpdateProfileRequest::default()
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// C-001, C-005: a phone comes with the registration, and what was never set is as the default has it.
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_begins_with_the_phone_and_the_defaults() {
    let auth = Auth::start().await;
    let with = |phone: &str, email: &str| proto::RegisterRequest {
        phone: phone.to_owned(),
        ..application("Ada", email)
    };
    let wrong = auth
        .try_register(&guest(), with("0151 1234", "ada@uni.edu"))
        .await;
    assert_eq!(invalid_fields(wrong), ["phone"]);
    let ada = auth
        .try_register(&guest(), with("+1234567890", "ada@uni.edu"))
        .await
        .unwrap();
    assert_eq!(ada.user.phone, "+1234567890");
    assert_eq!(ada.user.status(), UserStatus::Online);
    assert_eq!(ada.user.status_message, "");
    let expected = proto::Preferences {
        notifications: true,
        sound_enabled: true,
        timezone: "UTC".to_owned(),
    };
    assert_eq!(ada.user.preferences, Some(expected));
    assert_eq!(auth.get_user(&ada.user.id).await.unwrap(), ada.user);
}

/// C-011: what is sent changes, all else stays; an empty text takes a facet away.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_sent_changes() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let full = update(
        &auth,
        &ada.caller,
        proto::UpdateProfileRequest {
            phone: text("+14155550123"),
            avatar_url: text("/uploads/images/avatars/1.png"),
            status_message: text("Writing the first programme"),
            preferences: Some(proto::PreferencesChange {
                notifications: Some(false),
                timezone: text("Europe/Paris"),
                sound_enabled: None,
            }),
            ..change()
        },
    )
    .await
    .unwrap();
    assert_eq!((&*full.display_name, &*full.phone), ("Ada", "+14155550123"));
    assert_eq!(full.avatar_url, "/uploads/images/avatars/1.png");
    let preferences = full.preferences.clone().unwrap();
    assert!(!preferences.notifications && preferences.sound_enabled);
    assert_eq!(preferences.timezone, "Europe/Paris");

    let sound = proto::PreferencesChange {
        sound_enabled: Some(false),
        ..Default::default()
    };
    let preferences = Some(sound);
    let quiet = update(
        &auth,
        &ada.caller,
        proto::UpdateProfileRequest {
            preferences,
            ..change()
        },
    )
    .await
    .unwrap();
    let left = quiet.preferences.unwrap();
    assert!(!left.notifications && !left.sound_enabled);
    assert_eq!(quiet.status_message, "Writing the first programme");

    let nothing = update(
        &auth,
        &ada.caller,
        proto::UpdateProfileRequest {
            phone: text(""),
            avatar_url: text(""),
            status_message: text(" "),
            ..change()
        },
    )
    .await
    .unwrap();
    assert_eq!(
        (
            &*nothing.phone,
            &*nothing.avatar_url,
            &*nothing.status_message
        ),
        ("", "", "")
    );
    assert_eq!(update(&auth, &ada.caller, change()).await.unwrap(), nothing);
}

/// C-011, C-013: every field at fault is named, and nothing is changed then.
#[tokio::test(flavor = "multi_thread")]
async fn facets_have_bounds() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let timezone = proto::PreferencesChange {
        timezone: text("Moon/Tranquility"),
        ..Default::default()
    };
    let wrong = proto::UpdateProfileRequest {
        display_name: text(""),
        phone: text("12345"),
        avatar_url: text("javascript:alert(1)"),
        status_message: Some("x".repeat(101)),
        preferences: Some(timezone),
    };
    assert_eq!(
        invalid_fields(update(&auth, &ada.caller, wrong).await),
        [
            "display_name",
            "phone",
            "avatar_url",
            "status_message",
            "preferences.timezone"
        ]
    );
    for foreign in [
        "//evil.example/x.png",
        "file:///etc/passwd",
        "x.png",
        &format!("/{}", "x".repeat(512)),
    ] {
        let avatar_url = text(foreign);
        let result = update(
            &auth,
            &ada.caller,
            proto::UpdateProfileRequest {
                avatar_url,
                ..change()
            },
        )
        .await;
        assert_eq!(invalid_fields(result), ["avatar_url"], "{foreign}");
    }
    assert_eq!(auth.get_user(&ada.user.id).await.unwrap(), ada.user);
    let longest = "ж".repeat(100);
    let user = set_status(&auth, &ada.caller, UserStatus::Busy, Some(&longest))
        .await
        .unwrap();
    assert_eq!(user.status_message, longest);
}

/// C-013: a status is told to the other services with its message, and a time zone too; of a phone only that something changed.
#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_told_and_a_phone_is_not() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let user = set_status(
        &auth,
        &ada.caller,
        UserStatus::InMeeting,
        Some("Until noon"),
    )
    .await
    .unwrap();
    assert_eq!(
        (user.status(), &*user.status_message),
        (UserStatus::InMeeting, "Until noon")
    );
    let user = set_status(&auth, &ada.caller, UserStatus::Away, None)
        .await
        .unwrap();
    assert_eq!(
        (user.status(), &*user.status_message),
        (UserStatus::Away, "Until noon")
    );
    let missing = set_status(&auth, &ada.caller, UserStatus::Unspecified, None).await;
    assert_eq!(invalid_fields(missing), ["status"]);
    let phone = text("+14155550123");
    let timezone = text("Asia/Dubai");
    let preferences = Some(proto::PreferencesChange {
        timezone,
        ..Default::default()
    });
    update(
        &auth,
        &ada.caller,
        proto::UpdateProfileRequest {
            phone,
            preferences,
            ..change()
        },
    )
    .await
    .unwrap();
    let display_name = text("Ada King");
    update(
        &auth,
        &ada.caller,
        proto::UpdateProfileRequest {
            display_name,
            ..change()
        },
    )
    .await
    .unwrap();

    let told: Vec<_> = auth
        .outbox()
        .await
        .into_iter()
        .filter(|event| event.kind == "auth.user.updated.v1")
        .map(|event| {
            json!([
                event.data.get("status"),
                event.data.get("statusMessage"),
                event.data.get("timezone"),
                event.data["version"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["inmeeting", "Until noon", null, "2"]),
            json!(["away", "Until noon", null, "3"]),
            json!([null, null, "Asia/Dubai", "4"]),
            json!([null, null, null, "5"]),
        ]
    );
    let outbox = format!("{:?}", auth.outbox_json().await);
    assert!(!outbox.contains("4155550123"));
    let request = guest().send(proto::ListUserCardsRequest {
        user_ids: vec![ada.user.id.clone()],
    });
    let cards = answered(auth.users().list_user_cards(request).await)
        .unwrap()
        .cards;
    let [card] = &*cards else {
        panic!("one card: {cards:?}");
    };
    assert_eq!(
        (&*card.phone, &*card.timezone, &*card.status_message),
        ("+14155550123", "Asia/Dubai", "Until noon")
    );
    assert_eq!((card.status(), card.version), (UserStatus::Away, 5));
}

/// C-002, C-006: the chat has whoever signs in be online, whatever was said before; the other contracts change nothing, and signing out takes nothing back:
/// whoever has no socket is not there in any case.
#[tokio::test(flavor = "multi_thread")]
async fn the_chat_sets_the_status_at_the_door() {
    let auth = Auth::start().await;
    let chat = nobody(Contract::Connectbest);
    auth.try_register(&guest(), strong("Ada", "ada@uni.edu"))
        .await
        .unwrap();
    auth.execute("UPDATE auth.users SET email_verified_at = now()")
        .await;
    let password = strong("", "").password;
    let status = async |person: &Person| auth.get_user(&person.user.id).await.unwrap().status();

    let hub = auth
        .try_sign_in(&guest(), "ada@uni.edu", &password)
        .await
        .unwrap();
    assert_eq!(status(&hub).await, UserStatus::Online);
    set_status(&auth, &hub.caller, UserStatus::Busy, None)
        .await
        .unwrap();
    let ada = auth
        .try_sign_in(&chat, "ada@uni.edu", &password)
        .await
        .unwrap();
    assert_eq!(ada.user.status(), UserStatus::Online);
    assert_eq!(status(&ada).await, UserStatus::Online);
    auth.sign_out(&hub.caller, "").await.unwrap();
    assert_eq!(status(&ada).await, UserStatus::Online);
    let again = auth
        .try_sign_in(&chat, "ada@uni.edu", &password)
        .await
        .unwrap();
    auth.sign_out(&ada.caller, "").await.unwrap();
    assert_eq!(status(&ada).await, UserStatus::Online);
    auth.sign_out(&again.caller, "").await.unwrap();

    // Each change is told once, and what changed nothing is not.
    let told: Vec<_> = auth
        .outbox()
        .await
        .into_iter()
        .filter(|event| event.kind == "auth.user.updated.v1")
        .map(|event| json!([event.data["status"], event.data["version"]]))
        .collect();
    assert_eq!(told, [json!(["busy", "2"]), json!(["online", "3"])]);
}

/// C-014: the exact name comes first, in whatever case; signs are plain text.
#[tokio::test(flavor = "multi_thread")]
async fn the_exact_name_is_found_first() {
    let auth = Auth::start().await;
    for (name, email) in [
        ("Ann Ada", "1@uni.edu"),
        ("Ada Byron", "2@uni.edu"),
        ("Adam", "3@uni.edu"),
        ("ÁDA", "4@uni.edu"),
        ("100% Ada_x", "5@uni.edu"),
    ] {
        auth.register(name, email).await;
    }
    let names = found(&auth, "ada", false).await;
    assert_eq!(names[..3], ["ÁDA", "Ada Byron", "Adam"]);
    assert_eq!(names.len(), 5);
    assert!(found(&auth, "%", false).await.len() <= 1);
}

/// C-014: a number finds people by their phone where that is asked for; the suspended are found by nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_finds_a_phone_where_that_is_asked_for() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let phone = text("+14155550123");
    update(
        &auth,
        &ada.caller,
        proto::UpdateProfileRequest { phone, ..change() },
    )
    .await
    .unwrap();
    for query in ["+14155550123", "415 555", "(415) 555-0123", "0123"] {
        assert_eq!(found(&auth, query, true).await, ["Ada"], "{query}");
        assert!(found(&auth, query, false).await.is_empty(), "{query}");
    }
    for query in ["41", "415x", "%"] {
        assert!(found(&auth, query, true).await.is_empty(), "{query}");
    }
    auth.execute("UPDATE auth.users SET suspended_at = now()")
        .await;
    assert!(found(&auth, "415555", true).await.is_empty());
}

/// C-011: nobody changes nothing, and a deleted person has nothing left.
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_its_persons() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let by_nobody = set_status(&auth, &guest(), UserStatus::Busy, None).await;
    refused(by_nobody, ErrorCode::Unauthenticated, "not_signed_in");
    set_status(&auth, &ada.caller, UserStatus::Busy, Some("here"))
        .await
        .unwrap();
    auth.clock.advance(TimeDelta::seconds(1));
    auth.delete_account(&ada.caller).await.unwrap();
    let gone = set_status(&auth, &ada.caller, UserStatus::Online, None).await;
    refused(gone, ErrorCode::NotFound, "user_not_found");
    let row = auth
        .row("SELECT availability, status_message FROM auth.users")
        .await;
    assert_eq!(
        row,
        json!({"availability": "offline", "status_message": null})
    );
}
