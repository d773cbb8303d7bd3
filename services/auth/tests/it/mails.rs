//! Mails on their way: none is lost, none shows what it says.

use std::path::PathBuf;

use chrono::TimeDelta;
use oruma_auth::app::mails;
use oruma_auth::mailer::{MailWay, SmtpConfig, SmtpTls};
use oruma_service_runtime::Contract;
use oruma_test_kit::eventually;
use serde_json::Value;

use crate::letters::Letter;
use crate::mail_server::MailServer;
use crate::support::{Auth, Setup, nobody, strong};

async fn with_server(port: u16) -> Auth {
    let mut setup = Setup::new().await;
    setup.config.mail.way = MailWay::Smtp(SmtpConfig {
        server: "127.0.0.1".to_owned(),
        port,
        login: None,
        tls: SmtpTls::Opportunistic,
    });
    setup.start().await
}

async fn join(auth: &Auth, name: &str, email: &str) {
    let caller = nobody(Contract::Connectbest);
    auth.try_register(&caller, strong(name, email))
        .await
        .unwrap();
}

/// C-001, O-123: a mail goes to its address through the configured server, as text and as HTML.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_through_the_mail_server() {
    let server = MailServer::start("127.0.0.1:0").await;
    let auth = with_server(server.address.port()).await;
    join(&auth, "Ada", "ada@uni.edu").await;
    auth.mails_sent().await;
    let [mail] = server.arrived().try_into().unwrap();
    assert_eq!(
        (&*mail.from, &*mail.to),
        ("no-reply@localhost", "ada@uni.edu")
    );
    for header in [
        "From: Oruma <no-reply@localhost>",
        "To: ada@uni.edu",
        "Subject: Your ConnectBest code",
        "Auto-Submitted: auto-generated",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "Message-ID: <",
    ] {
        assert!(mail.data.contains(header), "{header}: {}", mail.data);
    }
}

/// A mail server that is down, or busy, loses nothing and gets nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_waits_for_a_mail_server_that_is_down() {
    let server = MailServer::start("127.0.0.1:0").await;
    let address = server.address;
    drop(server);
    let auth = with_server(address.port()).await;
    join(&auth, "Ada", "ada@uni.edu").await;
    join(&auth, "Busy", "busy@uni.edu").await;
    eventually("mails are where they should be", || async {
        auth.rows(
            "SELECT id FROM auth.mails WHERE attempts >= 1 AND due_at < now() + interval '1 year'",
        )
        .await
        .len()
            == 2
    })
    .await;
    let server = MailServer::start(&address.to_string()).await;
    eventually("mails are where they should be", || async {
        auth.clock.advance(TimeDelta::seconds(3));
        mails::deliver(&auth.app).await.unwrap();
        auth.count("auth.mails").await == 0
    })
    .await;
    let mut to: Vec<String> = server.arrived().into_iter().map(|mail| mail.to).collect();
    to.sort();
    assert_eq!(to, ["ada@uni.edu", "busy@uni.edu"]);
}

/// A mail that a process took before it was killed is sent by another once the time to do so is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_of_a_process_that_ended_is_taken_over() {
    let auth = Auth::start().await;
    let blocked = PathBuf::from("/dev/null/nowhere");
    let mut setup = Setup::on(auth.database.clone());
    setup.config.mail.way = MailWay::Folder(blocked);
    let other = setup.start().await;
    drop(auth);
    join(&other, "Ada", "ada@uni.edu").await;
    eventually("mails are where they should be", || async {
        other.count("auth.mails WHERE attempts > 0").await == 1
    })
    .await;
    other.execute("UPDATE auth.mails SET due_at = due_at + interval '10 minutes', expires_at = expires_at + interval '1 day'").await;
    let setup = Setup::on(other.database.clone());
    drop(other);
    let heir = setup.start().await;
    assert_eq!(mails::deliver(&heir.app).await.unwrap(), 0);
    heir.clock.advance(TimeDelta::minutes(11));
    heir.app.mails_waiting.notify_one();
    assert_eq!(heir.letters_to("ada@uni.edu").await.len(), 1);
}

/// A code that ended is not sent any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_of_no_use_any_more_is_not_sent() {
    let auth = with_server(1).await;
    join(&auth, "Ada", "ada@uni.edu").await;
    eventually("mails are where they should be", || async {
        auth.count("auth.mails WHERE attempts > 0").await == 1
    })
    .await;
    auth.clock.advance(TimeDelta::minutes(10));
    assert_eq!(mails::deliver(&auth.app).await.unwrap(), 0);
    assert_eq!(auth.count("auth.mails").await, 0);
}

/// What people chose themselves is escaped in HTML, and changes no header.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_escaped() {
    let auth = Auth::start().await;
    join(&auth, "<img src=x onerror=alert(1)> & Söhne", "ada@uni.edu").await;
    let Letter { text, .. } = auth.last_letter_to("ada@uni.edu").await;
    assert!(
        text.contains("Hello <img src=x onerror=alert(1)> & Söhne,\r\n"),
        "plain: {text}"
    );
    let (_, html) = text.split_once("<html").unwrap();
    assert!(!html.contains("<img"), "{html}");
    assert!(
        html.contains("&#60;img src=x") || html.contains("&lt;img src=x"),
        "{html}"
    );
}

/// No code, link or address of a mail stands in the database, in the outbox included, but where the account itself needs the address.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_mail_says_is_nowhere_else() {
    let auth = with_server(1).await;
    join(&auth, "Ada", "ada@uni.edu").await;
    auth.request_reset("ada@uni.edu").await.unwrap();
    eventually("mails are where they should be", || async {
        auth.count("auth.mails WHERE attempts > 0").await == 2
    })
    .await;
    let mut dump = String::new();
    for table in [
        "mails",
        "email_codes",
        "password_resets",
        "access_log",
        "outbox",
        "sessions",
    ] {
        for row in auth.rows(&format!("SELECT * FROM auth.{table}")).await {
            dump.push_str(&Value::to_string(&row));
        }
    }
    for secret in [
        "ada@uni.edu",
        "reset-password?token",
        "Your ConnectBest code",
        "works once",
    ] {
        assert!(!dump.contains(secret), "{secret}");
    }
}
