//! People who are kept out.

use std::time::Duration;

use oruma_e2e::{Deployment, INTERNAL_TOKEN, Member, Person, free_port};
use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::account_service_client::AccountServiceClient;
use oruma_service_runtime::{
    Caller, ChannelConfig, Contract, Env, InternalCredential, Role, SignedIn, connect,
};
use serde_json::json;

use crate::support::{ADMIN, both_ways, chat, claims, refused, verified};

both_ways!(the_first_administrator_signs_in);

/// C-112: the administrator of the configuration is there from the start, with an address that needs no code.
async fn the_first_administrator_signs_in(deployment: &Deployment) {
    let root = Person {
        email: ADMIN.0.to_owned(),
        password: ADMIN.1.to_owned(),
        ..Person::new()
    };
    let root = chat(deployment).signed_in(&root).await;
    assert_eq!(claims(&root.token)["role"], "admin");
    let me = chat(deployment).me(&root.token).await.must_be(200).json();
    assert_eq!(me["user"]["role"], "admin");
}

/// An administrator, as the edge makes one out.
fn by(root: &Member) -> Caller {
    let sid = claims(&root.token)["sid"]
        .as_str()
        .expect("a sign-in")
        .to_owned();
    Caller {
        signed_in: Some(SignedIn {
            user: root.id.parse().expect("an id"),
            role: Role::Admin,
            session: sid.parse().expect("an id"),
            university: String::new(),
        }),
        ..Caller::anonymous(Contract::Connectbest)
    }
}

/// C-002, C-190, C-192, C-201: a suspension closes both doors, ends every sign-in and stops API keys; a mail tells why.
#[tokio::test]
async fn a_suspended_person_is_refused_by_both_doors() {
    let address = format!("127.0.0.1:{}", free_port());
    let plan = Deployment::distributed().env("GRPC_ADDR@auth", &address);
    let plan = plan
        .env("ADMIN_EMAIL", ADMIN.0)
        .env("ADMIN_PASSWORD", ADMIN.1);
    let deployment = plan.start().await;
    let (api, hub, person) = (chat(&deployment), deployment.client(), Person::new());
    let root = Person {
        email: ADMIN.0.to_owned(),
        password: ADMIN.1.to_owned(),
        ..Person::new()
    };
    let root = api.signed_in(&root).await;
    let here = verified(&deployment, person.clone()).await;
    let there = hub.signed_in(&person).await;
    let made = api
        .post_as(&here, "/api/api-keys", &json!({"name": "Report"}))
        .await
        .must_be(201)
        .json();
    let key = made["key"].as_str().expect("a key");

    let channel = connect(&ChannelConfig {
        variable: "AUTH_GRPC_URL".to_owned(),
        url: format!("http://{address}").parse().expect("a URL"),
        deadline: Duration::from_secs(30),
    });
    let credential = Env::of_pairs([("INTERNAL_GRPC_TOKEN", INTERNAL_TOKEN)]);
    let credential = InternalCredential::from_env(&credential).expect("a credential");
    let channel = channel.expect("a channel");
    let mut accounts = AccountServiceClient::with_interceptor(channel, credential.shown());
    let request = by(&root).send(proto::SuspendUserRequest {
        user_id: here.id.clone(),
        reason: "Too loud at night".to_owned(),
    });
    accounts.suspend_user(request).await.expect("a suspension");

    refused(&api.me(&here.token).await, 401, "token_revoked", &[]);
    refused(&hub.me(&there.token).await, 401, "token_revoked", &[]);
    refused(&api.me(key).await, 403, "account_suspended", &[]);
    refused(&api.sign_in(&person).await, 403, "account_suspended", &[]);
    refused(&hub.sign_in(&person).await, 403, "account_suspended", &[]);
    let mail = deployment.letter(&person.email, 2).await;
    assert!(mail.text.contains("Too loud at night"), "{mail:?}");
    let search = format!(
        "/api/users/search?query={}",
        person.email.replace('@', "%40")
    );
    let found = api.get_as(&root, &search).await.must_be(200).json();
    assert_eq!(found, json!({"users": []}));

    let request = by(&root).send(proto::ActivateUserRequest {
        user_id: here.id.clone(),
    });
    accounts
        .activate_user(request)
        .await
        .expect("an activation");
    api.signed_in(&person).await;
    hub.signed_in(&person).await;
}
