//! Signing in, going on, signing out.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use diesel_async::SimpleAsyncConnection;
use futures::future::join_all;
use oruma_auth::app::announcements::{HEARD_TOPIC, REVOCATIONS_TOPIC};
use oruma_auth::app::retention;
use oruma_auth::passwords::PasswordConfig;
use oruma_ephemeral::{Signal, Subscription};
use oruma_proto::auth::v1 as proto;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::{Caller, Clock, Contract, Role, SignedIn, TokenError};
use oruma_test_kit::eventually;
use prost::Message;
use serde_json::{Value, json};

use crate::support::{
    ADDRESS, Auth, PASSWORD, Setup, UNIVERSITY, USER_AGENT, application, bring_back, claims, guest,
    invalid_fields, nobody, refused, start_time, take_away, time,
};

#[track_caller]
fn refused_token<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Unauthenticated, "invalid_refresh_token");
}

// === signing in ===

/// O-006, O-186: whoever knows the password is let in, and the time of it is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_signs_in() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    auth.clock.advance(TimeDelta::hours(1));
    let again = auth.sign_in("ada@uni.edu").await;
    assert_eq!(again.id, ada.id);
    assert_ne!(again.session, ada.session);
    let user = auth.get_user(&ada.user.id).await.unwrap();
    let now = start_time() + TimeDelta::hours(1);
    assert_eq!(time(user.last_login_at), now);
    assert_eq!(time(user.last_seen_at), now);
    assert_eq!(again.user, user);
    for session in [ada.session, again.session] {
        assert!(auth.is_active(session).await);
    }
}

/// O-006, O-075: nobody learns whether an address has an account.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_and_a_wrong_password_are_refused_alike() {
    let auth = Auth::start().await;
    auth.register("Ada", "ada@uni.edu").await;
    let mut refusals = Vec::new();
    for (email, password) in [
        ("ada@uni.edu", "wr0ng-password"),
        ("bob@uni.edu", PASSWORD),
        // What bcrypt would cut, and what it can't read.
        ("ada@uni.edu", &format!("{PASSWORD}{}", "x".repeat(200))),
        ("ada@uni.edu", "\0"),
    ] {
        let refusal = auth.try_sign_in(&guest(), email, password).await;
        refusals.push(refused(
            refusal,
            ErrorCode::Unauthenticated,
            "invalid_credentials",
        ));
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(refusals[0].violations.is_empty());
}

/// O-006: the case of an address makes no difference.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_signs_in_in_every_case() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "Ada.Lovelace@Uni.EDU").await;
    for typed in [
        "Ada.Lovelace@Uni.EDU",
        "ada.lovelace@uni.edu",
        "ADA.LOVELACE@UNI.EDU",
        " ada.lovelace@uni.edu\t",
    ] {
        assert_eq!(auth.sign_in(typed).await.id, ada.id, "{typed}");
    }
}

/// O-006, O-076, O-154: what can't be an address, and no password, are faults of the request.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_without_address_or_password_names_the_field() {
    let auth = Auth::start().await;
    for (email, password, field) in [
        ("", PASSWORD, "email"),
        ("nobody", PASSWORD, "email"),
        ("a\0@uni.edu", PASSWORD, "email"),
        ("ada@uni.edu", "", "password"),
    ] {
        let refusal = auth.try_sign_in(&guest(), email, password).await;
        assert_eq!(invalid_fields(refusal), [field], "{email:?}");
    }
}

/// O-006: a suspended person is told so, but only with the right password.
#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_person_gets_in_nowhere() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    auth.execute("UPDATE auth.users SET suspended_at = now()")
        .await;
    refused(
        auth.try_sign_in(&guest(), "ada@uni.edu", PASSWORD).await,
        ErrorCode::Forbidden,
        "account_suspended",
    );
    refused(
        auth.try_sign_in(&guest(), "ada@uni.edu", "wr0ng-password")
            .await,
        ErrorCode::Unauthenticated,
        "invalid_credentials",
    );
    refused_token(auth.refresh(&guest(), &ada.tokens.refresh_token).await);
    assert_eq!(auth.count("auth.sessions").await, 1);
}

/// O-006: when nobody is free to check passwords, the answer comes at once and says when to ask again.
#[tokio::test(flavor = "multi_thread")]
async fn an_overload_is_told_at_once() {
    let moment = Duration::from_millis(500);
    let mut setup = Setup::new().await;
    // One may wait, and nobody ever takes it.
    setup.config.passwords = PasswordConfig {
        cost: 4,
        workers: 0,
        queue: 1,
    };
    let auth = setup.start().await;
    let caller = guest();
    let attempt = || {
        let attempt = auth.try_sign_in(&caller, "ada@uni.edu", PASSWORD);
        tokio::time::timeout(moment, attempt)
    };
    assert!(attempt().await.is_err(), "the first one waits");
    let refusal = attempt().await.expect("the second one is answered");
    let refusal = refused(refusal, ErrorCode::Unavailable, "overloaded");
    assert_eq!(refusal.retry_after, Some(Duration::from_secs(1)));

    let registration = auth.try_register(&caller, application("Ada", "ada@uni.edu"));
    let refusal = tokio::time::timeout(moment, registration).await.unwrap();
    refused(refusal, ErrorCode::Unavailable, "overloaded");
    assert_eq!(auth.count("auth.users").await, 0);
}

/// O-006: of a storm of sign-ins those that find a place are let in, and the others are told to come back.
#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_sign_ins_is_let_in_or_sent_away() {
    let mut setup = Setup::new().await;
    setup.config.passwords = PasswordConfig {
        cost: 4,
        workers: 1,
        queue: 2,
    };
    let auth = setup.start().await;
    auth.register("Ada", "ada@uni.edu").await;
    // Each check takes about a quarter of a second now.
    let slow = bcrypt::hash(PASSWORD, 12).unwrap();
    auth.execute(&format!("UPDATE auth.users SET password_hash = '{slow}'"))
        .await;
    let caller = guest();
    let storm = (0..20).map(|_| auth.try_sign_in(&caller, "ada@uni.edu", PASSWORD));
    let (let_in, sent_away): (Vec<_>, Vec<_>) =
        join_all(storm).await.into_iter().partition(Result::is_ok);
    assert!((1..=6).contains(&let_in.len()), "{}", let_in.len());
    for refusal in sent_away {
        refused(refusal, ErrorCode::Unavailable, "overloaded");
    }
}

/// O-186: each attempt leaves a line that tells who, whence and how it ended, and never the address that was typed.
#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_leaves_a_line_without_the_address() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let elsewhere = Caller {
        address: "198.51.100.9".to_owned(),
        user_agent: "Elsewhere/2".to_owned(),
        ..nobody(Contract::Social)
    };
    for (email, password) in [
        ("ADA@uni.edu", "wr0ng-password"),
        ("bob@uni.edu", "wr0ng-password"),
        ("Ada@Uni.edu", PASSWORD),
    ] {
        let _ = auth.try_sign_in(&elsewhere, email, password).await;
    }
    auth.refresh(&guest(), &ada.tokens.refresh_token)
        .await
        .unwrap();
    let _ = auth.refresh(&guest(), "unknown").await;
    auth.sign_out(&ada.caller, "").await.unwrap();
    auth.execute("UPDATE auth.users SET suspended_at = now()")
        .await;
    let _ = auth.try_sign_in(&guest(), "ada@uni.edu", PASSWORD).await;

    let lines = auth.rows("SELECT * FROM auth.access_log ORDER BY id").await;
    let told: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!([
                line["action"],
                line["outcome"],
                line["user_id"],
                line["contract"],
                line["address"],
                line["user_agent"],
            ])
        })
        .collect();
    let here = |action: &str, outcome: &str, user: Value| {
        json!([action, outcome, user, "oruma", ADDRESS, USER_AGENT])
    };
    let there = |outcome: &str, user: Value| {
        json!([
            "sign_in",
            outcome,
            user,
            "social",
            "198.51.100.9",
            "Elsewhere/2"
        ])
    };
    let her = json!(ada.id);
    assert_eq!(
        told,
        [
            here("register", "succeeded", her.clone()),
            there("invalid_credentials", her.clone()),
            there("invalid_credentials", Value::Null),
            there("succeeded", her.clone()),
            here("refresh", "succeeded", her.clone()),
            here("refresh", "invalid_refresh_token", Value::Null),
            here("sign_out", "succeeded", her.clone()),
            here("sign_in", "account_suspended", her),
        ]
    );
    for line in &lines {
        assert!(
            !line.to_string().to_lowercase().contains("uni.edu"),
            "{line}"
        );
    }
    // The same address, in whatever case, has the same hash, and another one another.
    let hash = |line: usize| lines[line]["email_hash"].as_str().unwrap();
    assert_eq!([hash(0), hash(1), hash(3)], [hash(7); 3]);
    assert_ne!(hash(2), hash(0));
    // 256 bits, written as `\x` and hexadecimal.
    assert_eq!(hash(0).len(), 2 + 64);
}

// === access tokens ===

/// O-003, O-004, O-151: a token says what the contract has it say, for exactly a day, and ends then.
#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_says_what_the_contract_wants_and_ends_after_a_day() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "Ada@Uni.edu").await;
    let token = &ada.tokens.access_token;
    let said = claims(token);
    let now = start_time().timestamp();
    assert_eq!(
        said,
        json!({
            "userId": ada.id, "email": "Ada@Uni.edu", "university": UNIVERSITY, "exp": now + 86_400, "iat": now,
            "aud": "oruma", "role": "user", "sid": ada.session, "jti": said["jti"],
        })
    );
    assert_ne!(said["jti"], said["sid"]);
    let ends_at = start_time() + TimeDelta::hours(24);
    assert_eq!(time(ada.tokens.access_expires_at), ends_at);

    let read = |contract| {
        let now = auth.app.clock.now();
        auth.app.config.tokens.read(token, contract, now)
    };
    let signed_in = read(Contract::Oruma).unwrap().signed_in();
    assert_eq!(Some(signed_in), ada.caller.signed_in);
    assert_eq!(read(Contract::Social), Err(TokenError::Invalid));
    auth.clock.advance(TimeDelta::seconds(86_399));
    assert!(read(Contract::Oruma).is_ok());
    auth.clock.advance(TimeDelta::seconds(1));
    assert_eq!(read(Contract::Oruma), Err(TokenError::Expired));
}

/// O-004: no two tokens are the same one.
#[tokio::test(flavor = "multi_thread")]
async fn every_access_token_has_an_id_of_its_own() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let next = auth
        .refresh(&guest(), &ada.tokens.refresh_token)
        .await
        .unwrap();
    let again = auth.sign_in("ada@uni.edu").await;
    let ids: HashSet<String> = [&ada.tokens, &next, &again.tokens]
        .map(|tokens| claims(&tokens.access_token)["jti"].to_string())
        .into();
    assert_eq!(ids.len(), 3);
}

/// O-003, O-151, O-152: each contract has lifetimes of its own.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_live_as_long_as_their_contract_says() {
    let auth = Auth::start().await;
    auth.register("Ada", "ada@uni.edu").await;
    auth.execute("UPDATE auth.users SET email_verified_at = now()")
        .await;
    for (contract, name, access, refresh) in [
        (Contract::Oruma, "oruma", TimeDelta::hours(24), 30),
        (Contract::Connectbest, "connectbest", TimeDelta::days(7), 30),
        (Contract::Social, "social", TimeDelta::minutes(30), 7),
    ] {
        let caller = nobody(contract);
        let ada = auth
            .try_sign_in(&caller, "ada@uni.edu", PASSWORD)
            .await
            .unwrap();
        let said = claims(&ada.tokens.access_token);
        assert_eq!(said["aud"], name);
        let life = said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap();
        assert_eq!(life, access.num_seconds(), "{name}");
        let ends_at = start_time() + TimeDelta::days(refresh);
        assert_eq!(time(ada.tokens.refresh_expires_at), ends_at, "{name}");
    }
}

// === refresh ===

/// O-010: new tokens of the same sign-in, and the old refresh token is worth nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_gives_new_tokens_of_the_same_sign_in() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    auth.clock.advance(TimeDelta::hours(23));
    let next = auth
        .refresh(&guest(), &ada.tokens.refresh_token)
        .await
        .unwrap();
    assert_ne!(next.refresh_token, ada.tokens.refresh_token);
    let said = claims(&next.access_token);
    assert_eq!(said["sid"], json!(ada.session));
    assert_eq!(said["userId"], json!(ada.id));
    let now = start_time() + TimeDelta::hours(23);
    assert_eq!(said["iat"], now.timestamp());
    assert_eq!(time(next.access_expires_at), now + TimeDelta::hours(24));
    assert_eq!(time(next.refresh_expires_at), now + TimeDelta::days(30));
    assert_eq!(auth.count("auth.sessions").await, 1);
    let third = auth.refresh(&guest(), &next.refresh_token).await.unwrap();
    assert_ne!(third.refresh_token, next.refresh_token);
}

/// O-010: new tokens say what is true of the person now.
#[tokio::test(flavor = "multi_thread")]
async fn refreshed_tokens_tell_the_role_of_today() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    auth.execute("UPDATE auth.users SET role = 'admin'").await;
    let next = auth
        .refresh(&guest(), &ada.tokens.refresh_token)
        .await
        .unwrap();
    assert_eq!(claims(&next.access_token)["role"], "admin");
}

/// O-010, O-153: a token that comes back after it was traded ends the sign-in for whoever holds it.
#[tokio::test(flavor = "multi_thread")]
async fn a_used_refresh_token_ends_its_whole_sign_in() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let other = auth.sign_in("ada@uni.edu").await;
    let mut line = edge(&auth).await;
    auth.clock.advance(TimeDelta::minutes(1));
    let next = auth
        .refresh(&guest(), &ada.tokens.refresh_token)
        .await
        .unwrap();
    auth.clock.advance(TimeDelta::minutes(1));
    refused_token(auth.refresh(&guest(), &ada.tokens.refresh_token).await);

    refused_token(auth.refresh(&guest(), &next.refresh_token).await);
    assert!(!auth.is_active(ada.session).await);
    assert_eq!(auth.revoked_ids().await, [ada.session.to_string()]);
    assert_eq!(
        announced(&mut line).await.session_id,
        ada.session.to_string()
    );
    let told = auth.outbox().await.pop().unwrap();
    assert_eq!(told.kind, "auth.session.revoked.v1");
    assert_eq!(told.data["reason"], "token_reused");
    // The other device of the same person is left alone.
    assert!(auth.is_active(other.session).await);
    auth.refresh(&guest(), &other.tokens.refresh_token)
        .await
        .unwrap();
}

/// O-010: of twenty refreshes at once one wins, and a client that asked twice is no thief.
#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_refreshes_at_once_one_wins_and_its_tokens_work() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let caller = guest();
    let trades = (0..20).map(|_| auth.refresh(&caller, &ada.tokens.refresh_token));
    one_wins(&auth, join_all(trades).await).await;
}

/// O-010: the same on a clock that runs, where each begins at a time of its own and all are under way before one has won.
#[tokio::test(flavor = "multi_thread")]
async fn refreshes_under_way_together_never_end_the_sign_in() {
    const TRADES: usize = 10;
    let mut setup = Setup::new().await;
    setup.clock = Clock::system();
    let auth = setup.start().await;
    let token = auth
        .register("Ada", "ada@uni.edu")
        .await
        .tokens
        .refresh_token;
    // Holds the token's row, so that each finds it unused and waits for its turn to trade it.
    let mut conn = auth.sql().reader().await.unwrap();
    conn.batch_execute("BEGIN; SELECT FROM auth.refresh_tokens FOR UPDATE")
        .await
        .unwrap();
    let caller = guest();
    let trades = join_all((0..TRADES).map(|_| auth.refresh(&caller, &token)));
    let release = async {
        eventually("all wait for the row", || async {
            let waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            auth.rows(waiting).await.len() == TRADES
        })
        .await;
        conn.batch_execute("COMMIT").await.unwrap();
    };
    let (trades, ()) = tokio::join!(trades, release);
    one_wins(&auth, trades).await;
}

/// One of the trades won, its tokens work, and no sign-in ended.
async fn one_wins(auth: &Auth, trades: Vec<Result<proto::Tokens, RpcError>>) {
    let tries = trades.len();
    let (mut won, lost): (Vec<_>, Vec<_>) = trades.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, tries - 1));
    lost.into_iter().for_each(refused_token);
    let winner = won.remove(0).unwrap();
    auth.refresh(&guest(), &winner.refresh_token).await.unwrap();
    assert!(auth.revoked_ids().await.is_empty());
}

/// O-152: a refresh token ends after thirty days, and each new one lives as long again.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_ends_after_thirty_days() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    auth.clock
        .advance(TimeDelta::days(30) - TimeDelta::seconds(1));
    let next = auth
        .refresh(&guest(), &ada.tokens.refresh_token)
        .await
        .unwrap();
    auth.clock
        .advance(TimeDelta::days(30) - TimeDelta::seconds(1));
    let third = auth.refresh(&guest(), &next.refresh_token).await.unwrap();
    auth.clock.advance(TimeDelta::days(30));
    refused_token(auth.refresh(&guest(), &third.refresh_token).await);
    // Too late is not stolen.
    assert!(auth.revoked_ids().await.is_empty());
}

/// O-010: a token is for the contract that it was given through, and a try through another one does it no harm.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_of_another_contract_is_refused() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    for contract in [
        Contract::Connectbest,
        Contract::Social,
        Contract::Socmel,
        Contract::Dubai,
    ] {
        let trade = auth
            .refresh(&nobody(contract), &ada.tokens.refresh_token)
            .await;
        refused_token(trade);
    }
    auth.refresh(&guest(), &ada.tokens.refresh_token)
        .await
        .unwrap();
}

/// O-010, O-075: what was never a refresh token is refused like one that was.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_refresh_token_is_refused() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let huge = "x".repeat(100_000);
    let hash = auth
        .row("SELECT encode(hash, 'hex') AS hash FROM auth.refresh_tokens")
        .await;
    for token in [
        "",
        "nonsense",
        "\0",
        &huge,
        &ada.tokens.access_token,
        hash["hash"].as_str().unwrap(),
    ] {
        refused_token(auth.refresh(&guest(), token).await);
    }
}

/// O-152: a refresh token is stored as its hash only.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_not_kept_in_plain() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    for table in ["sessions", "refresh_tokens", "access_log", "outbox"] {
        for row in auth.rows(&format!("SELECT * FROM auth.{table}")).await {
            let text = row.to_string();
            assert!(!text.contains(&ada.tokens.refresh_token), "{table}");
            assert!(!text.contains(&ada.tokens.access_token), "{table}");
        }
    }
}

// === signing out ===

/// An edge that listens to what ends.
async fn edge(auth: &Auth) -> Subscription {
    let mut line = auth.ephemeral.subscribe(REVOCATIONS_TOPIC).await.unwrap();
    assert_eq!(line.next().await, Some(Signal::Connected));
    line
}

/// The next announcement; the edge says that it heard.
async fn announced(line: &mut Subscription) -> proto::RevokedSession {
    let Some(Signal::Message(message)) = line.next().await else {
        panic!("the line is down");
    };
    proto::RevokedSession::decode(message).unwrap()
}

/// O-009, O-153: both tokens die at once, the event waits to be told, and the edges hear of it.
#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_both_tokens_everywhere() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let other = auth.sign_in("ada@uni.edu").await;
    let mut line = edge(&auth).await;
    auth.clock.advance(TimeDelta::minutes(1));
    auth.sign_out(&ada.caller, &ada.tokens.refresh_token)
        .await
        .unwrap();

    assert!(!auth.is_active(ada.session).await);
    assert!(auth.is_active(other.session).await);
    refused_token(auth.refresh(&guest(), &ada.tokens.refresh_token).await);
    let now = start_time() + TimeDelta::minutes(1);
    let expected = proto::RevokedSession {
        session_id: ada.session.to_string(),
        revoked_at: Some(now.into()),
        // No access token of any contract lives longer than a week.
        forget_at: Some((now + TimeDelta::days(7)).into()),
    };
    assert_eq!(announced(&mut line).await, expected);
    let listed = auth.revoked(Default::default()).await.unwrap();
    assert_eq!(listed.sessions, [expected]);
    let told = auth.outbox().await.pop().unwrap();
    assert_eq!(told.kind, "auth.session.revoked.v1");
    assert_eq!(told.subject, ada.user.id);
    assert_eq!(told.data["sessionId"], json!(ada.session));
    assert_eq!(told.data["reason"], "signed_out");
}

/// O-153: who is told that the sign-in ended may ask any edge the next moment; an edge that says nothing holds nobody up for long.
#[tokio::test(flavor = "multi_thread")]
async fn signing_out_waits_for_the_edges_that_say_they_heard() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let mut line = edge(&auth).await;
    let out = auth.sign_out(&ada.caller, "");
    tokio::pin!(out);
    let heard = tokio::select! {
        biased;
        _ = &mut out => panic!("nobody had heard"),
        heard = announced(&mut line) => heard.session_id,
    };
    assert_eq!(heard, ada.session.to_string());
    let said = heard.into_bytes().into();
    auth.ephemeral.publish(HEARD_TOPIC, said).await.unwrap();
    out.await.unwrap();

    // This edge never says a word.
    let other = auth.sign_in("ada@uni.edu").await;
    let began = Instant::now();
    auth.sign_out(&other.caller, "").await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(3));
}

/// O-009: signing out twice is no error, and is told once.
#[tokio::test(flavor = "multi_thread")]
async fn signing_out_twice_is_fine() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    for _ in 0..2 {
        auth.sign_out(&ada.caller, &ada.tokens.refresh_token)
            .await
            .unwrap();
    }
    assert_eq!(
        auth.kinds_for(&ada).await,
        ["auth.user.registered.v1", "auth.session.revoked.v1"]
    );
}

/// O-009: the refresh token of somebody else ends nothing of theirs.
#[tokio::test(flavor = "multi_thread")]
async fn anothers_refresh_token_ends_only_ones_own_sign_in() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let bob = auth.register("Bob", "bob@uni.edu").await;
    auth.sign_out(&ada.caller, &bob.tokens.refresh_token)
        .await
        .unwrap();
    assert!(!auth.is_active(ada.session).await);
    assert!(auth.is_active(bob.session).await);
    auth.refresh(&guest(), &bob.tokens.refresh_token)
        .await
        .unwrap();
}

/// O-009: the refresh token of another device of one's own ends that one too.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_of_ones_own_ends_its_sign_in_too() {
    let auth = Auth::start().await;
    let laptop = auth.register("Ada", "ada@uni.edu").await;
    let phone = auth.sign_in("ada@uni.edu").await;
    let tablet = auth.sign_in("ada@uni.edu").await;
    auth.sign_out(&laptop.caller, &phone.tokens.refresh_token)
        .await
        .unwrap();
    for (session, stands) in [(&laptop, false), (&phone, false), (&tablet, true)] {
        assert_eq!(auth.is_active(session.session).await, stands);
    }
    refused_token(auth.refresh(&guest(), &phone.tokens.refresh_token).await);
}

/// O-009: two devices that end each other at the same moment don't get in each other's way.
#[tokio::test(flavor = "multi_thread")]
async fn two_devices_may_sign_each_other_out_at_once() {
    let auth = Auth::start().await;
    auth.register("Ada", "ada@uni.edu").await;
    for _ in 0..15 {
        let one = auth.sign_in("ada@uni.edu").await;
        let two = auth.sign_in("ada@uni.edu").await;
        let (first, second) = tokio::join!(
            auth.sign_out(&one.caller, &two.tokens.refresh_token),
            auth.sign_out(&two.caller, &one.tokens.refresh_token),
        );
        first.unwrap();
        second.unwrap();
    }
}

/// O-153: whoever trades tokens while signing out ends up without any.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_during_the_sign_out_gives_no_lasting_tokens() {
    let auth = Auth::start().await;
    auth.register("Ada", "ada@uni.edu").await;
    let caller = guest();
    for _ in 0..10 {
        let ada = auth.sign_in("ada@uni.edu").await;
        let (out, traded) = tokio::join!(
            auth.sign_out(&ada.caller, ""),
            auth.refresh(&caller, &ada.tokens.refresh_token),
        );
        out.unwrap();
        assert!(!auth.is_active(ada.session).await);
        if let Ok(tokens) = traded {
            refused_token(auth.refresh(&caller, &tokens.refresh_token).await);
        }
    }
}

// === what edges ask ===

/// O-153: nothing but a sign-in that stands is active.
#[tokio::test(flavor = "multi_thread")]
async fn only_a_sign_in_that_stands_is_active() {
    let auth = Auth::start().await;
    let unknown = "01890000-0000-7000-8000-000000000000".parse().unwrap();
    assert!(!auth.is_active(unknown).await);
    let request = guest().send(proto::CheckSessionRequest {
        session_id: "nonsense".to_owned(),
    });
    let answer = auth.sessions().check_session(request).await.unwrap();
    assert!(!answer.into_inner().active);
}

/// O-153: an edge that starts reads what ended, page by page, and only what still matters.
#[tokio::test(flavor = "multi_thread")]
async fn what_ended_is_listed_page_by_page_until_it_is_forgotten() {
    let auth = Auth::start().await;
    auth.register("Ada", "ada@uni.edu").await;
    let mut ended = Vec::new();
    for number in 0..7 {
        let ada = auth.sign_in("ada@uni.edu").await;
        // Two at a time end in the same moment.
        auth.clock.advance(TimeDelta::seconds(number % 2));
        auth.sign_out(&ada.caller, "").await.unwrap();
        ended.push(ada.session.to_string());
    }
    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = proto::ListRevokedSessionsRequest {
            since: None,
            page_size: 3,
            page_token,
        };
        let page = auth.revoked(request).await.unwrap();
        assert!(page.sessions.len() <= 3);
        listed.extend(page.sessions);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let times: Vec<_> = listed.iter().map(|found| time(found.revoked_at)).collect();
    assert!(times.is_sorted());
    let ids: HashSet<&String> = listed.iter().map(|found| &found.session_id).collect();
    assert_eq!(ids, ended.iter().collect());
    assert_eq!(listed.len(), 7);

    let since = start_time() + TimeDelta::seconds(3);
    let late = proto::ListRevokedSessionsRequest {
        since: Some(since.into()),
        ..Default::default()
    };
    let late = auth.revoked(late).await.unwrap().sessions;
    let expected = times.iter().filter(|at| **at >= since).count();
    assert_eq!(late.len(), expected);
    assert!(0 < expected && expected < 7);

    auth.clock
        .advance(TimeDelta::days(7) - TimeDelta::seconds(2));
    let some = auth.revoked_ids().await.len();
    assert!(0 < some && some < 7, "{some}");
    auth.clock.advance(TimeDelta::days(1));
    assert!(auth.revoked_ids().await.is_empty());
}

/// O-064: page sizes are bounded and page tokens are not made up.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_what_ended_with_a_wrong_page_is_refused() {
    let auth = Auth::start().await;
    let with = |page_size: i32, page_token: &str| proto::ListRevokedSessionsRequest {
        since: None,
        page_size,
        page_token: page_token.to_owned(),
    };
    assert_eq!(
        invalid_fields(auth.revoked(with(-1, "")).await),
        ["page_size"]
    );
    assert_eq!(
        invalid_fields(auth.revoked(with(0, "nonsense")).await),
        ["page_token"]
    );
    let foreign = auth.app.cursors.seal("universities", &(start_time(), ""));
    assert_eq!(
        invalid_fields(auth.revoked(with(0, &foreign)).await),
        ["page_token"]
    );
    auth.revoked(with(i32::MAX, "")).await.unwrap();
}

// === what is forgotten, and what is away ===

/// O-186, O-203: sign-ins are forgotten a week after their last token ended, lines of the log after half a year.
#[tokio::test(flavor = "multi_thread")]
async fn old_sign_ins_and_old_lines_are_forgotten() {
    let auth = Auth::start().await;
    auth.register("Ada", "ada@uni.edu").await;
    let rows = async || {
        let tables = ["sessions", "refresh_tokens", "access_log"];
        join_all(tables.map(async |table| auth.count(&format!("auth.{table}")).await)).await
    };
    auth.clock.advance(TimeDelta::days(37));
    retention::tidy(&auth.app).await.unwrap();
    assert_eq!(rows().await, [1, 1, 1]);
    auth.clock.advance(TimeDelta::seconds(1));
    retention::tidy(&auth.app).await.unwrap();
    assert_eq!(rows().await, [0, 0, 1]);
    auth.clock.advance(TimeDelta::days(180));
    auth.sign_in("ada@uni.edu").await;
    retention::tidy(&auth.app).await.unwrap();
    assert_eq!(rows().await, [1, 1, 1]);
    let line = auth.row("SELECT action FROM auth.access_log").await;
    assert_eq!(line["action"], "sign_in");
}

/// O-074: while the database is away every call says so, without a word of it, and all is well when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_the_service_is_unavailable_until_it_is_back() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    take_away(&auth.database).await;
    let caller = guest();
    for _ in 0..20 {
        let sign_in = auth.try_sign_in(&caller, "ada@uni.edu", PASSWORD);
        let refresh = auth.refresh(&caller, &ada.tokens.refresh_token);
        let get = auth.get_user(&ada.user.id);
        let (sign_in, refresh, get) = tokio::join!(sign_in, refresh, get);
        for refusal in [sign_in.unwrap_err(), refresh.unwrap_err(), get.unwrap_err()] {
            assert_eq!(refusal.code, ErrorCode::Unavailable, "{refusal:?}");
            assert_eq!(refusal.reason, "unavailable");
            assert_eq!(refusal.message, "The service is not available right now");
            assert_eq!(refusal.retry_after, Some(Duration::from_secs(1)));
        }
    }
    bring_back(&auth.database).await;
    assert_eq!(auth.sign_in("ada@uni.edu").await.id, ada.id);
}

/// O-072: the role in a token is the one of the database.
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_signs_in_as_one() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    auth.execute("UPDATE auth.users SET role = 'admin'").await;
    let admin = auth.sign_in("ada@uni.edu").await;
    assert_eq!(
        admin.caller.signed_in,
        Some(SignedIn {
            user: ada.id,
            role: Role::Admin,
            session: admin.session,
            university: crate::support::UNIVERSITY.to_owned(),
        })
    );
}
