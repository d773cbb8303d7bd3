//! Keeping people out.

use oruma_proto::auth::v1 as proto;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::{Caller, Contract, Role};

use crate::support::{Auth, PASSWORD, Person, answered, guest, invalid_fields, nobody, refused};

const ADA: &str = "ada@uni.edu";

impl Auth {
    /// Somebody who administrates, through the chat.
    pub(crate) async fn admin(&self) -> Person {
        let mut admin = self.register("Root", "root@uni.edu").await;
        self.execute("UPDATE auth.users SET role = 'admin' WHERE email = 'root@uni.edu'")
            .await;
        admin.caller.contract = Contract::Connectbest;
        if let Some(signed_in) = &mut admin.caller.signed_in {
            signed_in.role = Role::Admin;
        }
        admin
    }

    pub(crate) async fn suspend(
        &self,
        caller: &Caller,
        user_id: &str,
        reason: &str,
    ) -> Result<(), RpcError> {
        let request = caller.send(proto::SuspendUserRequest {
            user_id: user_id.to_owned(),
            reason: reason.to_owned(),
        });
        answered(self.accounts().suspend_user(request).await).map(drop)
    }

    async fn activate(&self, caller: &Caller, user_id: &str) -> Result<(), RpcError> {
        let request = caller.send(proto::ActivateUserRequest {
            user_id: user_id.to_owned(),
        });
        answered(self.accounts().activate_user(request).await).map(drop)
    }
}

/// C-002, C-054, C-055: a suspension ends every sign-in and holds on every contract until it is lifted; the mail names the reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_holds_on_every_contract() {
    let auth = Auth::start().await;
    let admin = auth.admin().await;
    let ada = auth.register("Ada", ADA).await;
    auth.suspend(&admin.caller, &ada.user.id, "Spam & <worse>\nTwice")
        .await
        .unwrap();

    assert!(!auth.is_active(ada.session).await);
    let ended = auth.refresh(&guest(), &ada.tokens.refresh_token).await;
    refused(ended, ErrorCode::Unauthenticated, "invalid_refresh_token");
    for contract in [
        Contract::Oruma,
        Contract::Connectbest,
        Contract::Social,
        Contract::Socmel,
        Contract::Dubai,
    ] {
        let out = auth.try_sign_in(&nobody(contract), ADA, PASSWORD).await;
        refused(out, ErrorCode::Forbidden, "account_suspended");
        let wrong = auth
            .try_sign_in(&nobody(contract), ADA, "wr0ng-horse")
            .await;
        refused(wrong, ErrorCode::Unauthenticated, "invalid_credentials");
    }
    let letter = auth.last_letter_to(ADA).await;
    let (text, html) = letter.text.split_once("<html").unwrap();
    assert!(text.contains("Spam & <worse>"), "{text}");
    assert!(
        !html.contains("<worse>") && html.contains("worse"),
        "{html}"
    );
    let revoked = auth
        .outbox()
        .await
        .into_iter()
        .find(|event| event.kind == "auth.session.revoked.v1");
    assert_eq!(revoked.unwrap().data["reason"], "account_suspended");

    auth.activate(&admin.caller, &ada.user.id).await.unwrap();
    auth.activate(&admin.caller, &ada.user.id).await.unwrap();
    auth.sign_in(ADA).await;
    let lines = auth
        .rows("SELECT action, user_id, actor_id FROM auth.access_log WHERE actor_id IS NOT NULL ORDER BY id")
        .await;
    assert_eq!(lines.len(), 3);
    assert_eq!(
        (&lines[0]["action"], &lines[2]["action"]),
        (&"suspend".into(), &"activate".into())
    );
    assert_eq!(lines[0]["user_id"], ada.user.id);
    assert_eq!(lines[0]["actor_id"], admin.user.id);
}

/// C-054, C-055: a stranger, the person itself and nobody may not; an administrator not oneself, nor somebody who is not there.
#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_suspend() {
    let auth = Auth::start().await;
    let admin = auth.admin().await;
    let ada = auth.register("Ada", ADA).await;
    let bob = auth.register("Bob", "bob@uni.edu").await;
    for caller in [&ada.caller, &bob.caller] {
        let suspended = auth.suspend(caller, &ada.user.id, "").await;
        refused(suspended, ErrorCode::Forbidden, "forbidden");
        refused(
            auth.activate(caller, &ada.user.id).await,
            ErrorCode::Forbidden,
            "forbidden",
        );
    }
    let by_nobody = auth.suspend(&guest(), &ada.user.id, "").await;
    refused(by_nobody, ErrorCode::Unauthenticated, "not_signed_in");
    let oneself = auth.suspend(&admin.caller, &admin.user.id, "").await;
    assert_eq!(invalid_fields(oneself), ["user_id"]);
    let endless = auth
        .suspend(&admin.caller, &ada.user.id, &"x".repeat(501))
        .await;
    assert_eq!(invalid_fields(endless), ["reason"]);
    for unknown in ["nonsense", "01890000-0000-7000-8000-000000000000"] {
        let suspended = auth.suspend(&admin.caller, unknown, "").await;
        refused(suspended, ErrorCode::NotFound, "user_not_found");
        refused(
            auth.activate(&admin.caller, unknown).await,
            ErrorCode::NotFound,
            "user_not_found",
        );
    }
    auth.sign_in(ADA).await;
}
