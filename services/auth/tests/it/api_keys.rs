//! Keys by which programs act for a person.

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_proto::auth::v1 as proto;
use oruma_rpc_error::{ErrorCode, RpcError};

use crate::support::{Auth, Person, answered, invalid_fields, refused, time};

impl Auth {
    async fn create_key(
        &self,
        person: &Person,
        name: &str,
        days: Option<i32>,
    ) -> Result<(proto::ApiKey, String), RpcError> {
        let request = person.caller.send(proto::CreateApiKeyRequest {
            name: name.to_owned(),
            expires_in_days: days,
        });
        let answer = answered(self.api_keys().create_api_key(request).await)?;
        Ok((answer.api_key.unwrap(), answer.key))
    }

    async fn list_keys(&self, person: &Person) -> Vec<proto::ApiKey> {
        let request = person.caller.send(proto::ListApiKeysRequest {});
        answered(self.api_keys().list_api_keys(request).await)
            .unwrap()
            .api_keys
    }

    async fn revoke_key(&self, person: &Person, id: &str) -> Result<(), RpcError> {
        let request = person.caller.send(proto::RevokeApiKeyRequest {
            api_key_id: id.to_owned(),
        });
        answered(self.api_keys().revoke_api_key(request).await).map(drop)
    }

    async fn authenticate(&self, key: &str) -> Result<proto::AuthenticateApiKeyResponse, RpcError> {
        let key = key.to_owned();
        let request = tonic::Request::new(proto::AuthenticateApiKeyRequest { key });
        answered(self.api_keys().authenticate_api_key(request).await)
    }
}

fn invalid<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Unauthenticated, "invalid_api_key");
}

/// Section 11 of ConnectBest: a key acts for its owner, is shown once, and is worth nothing from the moment that it is revoked.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_acts_for_its_owner_until_it_is_revoked() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let (shown, key) = auth.create_key(&ada, " Build server ", None).await.unwrap();
    assert_eq!(shown.name, "Build server");
    assert!(key.starts_with(&shown.prefix) && key.len() == 49);
    assert_eq!(shown.expires_at, None);

    let known = auth.authenticate(&key).await.unwrap();
    assert_eq!(
        (known.api_key_id, known.user.unwrap().id),
        (shown.id.clone(), ada.user.id.clone())
    );
    let [listed] = auth.list_keys(&ada).await.try_into().unwrap();
    assert_eq!(time(listed.last_used_at), auth.app.clock.now());
    auth.clock.advance(TimeDelta::seconds(59));
    auth.authenticate(&key).await.unwrap();
    assert_eq!(
        auth.list_keys(&ada).await[0].last_used_at,
        listed.last_used_at
    );

    auth.revoke_key(&ada, &shown.id).await.unwrap();
    let revoked_at = auth.list_keys(&ada).await[0].revoked_at;
    auth.clock.advance(TimeDelta::seconds(1));
    auth.revoke_key(&ada, &shown.id).await.unwrap();
    assert_eq!(auth.list_keys(&ada).await[0].revoked_at, revoked_at);
    invalid(auth.authenticate(&key).await);
    for wrong in ["", "oruma_", &key[..48], &ada.tokens.access_token] {
        invalid(auth.authenticate(wrong).await);
    }
}

/// A key that ends does so to the second.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_when_it_was_said_to() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let (_, key) = auth.create_key(&ada, "Short", Some(1)).await.unwrap();
    auth.clock
        .advance(TimeDelta::days(1) - TimeDelta::seconds(1));
    auth.authenticate(&key).await.unwrap();
    auth.clock.advance(TimeDelta::seconds(1));
    invalid(auth.authenticate(&key).await);
    for (name, days, field) in [
        ("", None, "name"),
        ("x", Some(0), "expires_in_days"),
        ("x", Some(3_651), "expires_in_days"),
    ] {
        assert_eq!(
            invalid_fields(auth.create_key(&ada, name, days).await),
            [field]
        );
    }
    assert_eq!(
        invalid_fields(auth.create_key(&ada, &"x".repeat(101), None).await),
        ["name"]
    );
}

/// Another person's keys are neither seen nor revoked.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_its_owners() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let bob = auth.register("Bob", "bob@uni.edu").await;
    let (shown, key) = auth.create_key(&ada, "Hers", None).await.unwrap();
    assert!(auth.list_keys(&bob).await.is_empty());
    for id in [
        &shown.id,
        "nonsense",
        "01890000-0000-7000-8000-000000000000",
    ] {
        refused(
            auth.revoke_key(&bob, id).await,
            ErrorCode::NotFound,
            "api_key_not_found",
        );
    }
    auth.authenticate(&key).await.unwrap();
}

/// Of keys that are made at once, no more than the bound hold; one that is revoked makes room.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_only_so_many_keys() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let made = join_all((0..25).map(|_| auth.create_key(&ada, "One of many", None))).await;
    let (good, bad): (Vec<_>, Vec<_>) = made.into_iter().partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (20, 5));
    for refusal in bad {
        refused(refusal, ErrorCode::Conflict, "too_many_api_keys");
    }
    let (first, _) = good.into_iter().next().unwrap().unwrap();
    auth.revoke_key(&ada, &first.id).await.unwrap();
    auth.create_key(&ada, "One more", None).await.unwrap();
}

/// A suspension stops the keys too; an export names them without what they open with; a deleted account leaves none.
#[tokio::test(flavor = "multi_thread")]
async fn keys_share_the_fate_of_the_account() {
    let auth = Auth::start().await;
    let admin = auth.admin().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let (shown, key) = auth.create_key(&ada, "Build server", None).await.unwrap();
    auth.suspend(&admin.caller, &ada.user.id, "").await.unwrap();
    refused(
        auth.authenticate(&key).await,
        ErrorCode::Forbidden,
        "account_suspended",
    );

    let request = ada.caller.send(proto::ExportAccountRequest {});
    let document = answered(auth.accounts().export_account(request).await)
        .unwrap()
        .document;
    assert!(document.contains("Build server") && !document.contains(&shown.prefix));
    let stored = auth.row("SELECT * FROM auth.api_keys").await.to_string();
    assert!(!stored.contains(&key));
    auth.delete_account(&ada.caller).await.unwrap();
    invalid(auth.authenticate(&key).await);
    assert_eq!(auth.count("auth.api_keys").await, 0);
}
