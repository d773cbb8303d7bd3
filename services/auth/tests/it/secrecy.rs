//! What must stand in no log.

use std::io::Write;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use oruma_auth::app::mails;
use oruma_auth::mailer::{MailWay, SmtpConfig, SmtpTls};
use oruma_service_runtime::Contract;
use oruma_test_kit::eventually;
use tracing_subscriber::fmt::MakeWriter;

use crate::letters::letters_in;
use crate::mail_server::MailServer;
use crate::support::{PASSWORD_STRONG, Setup, nobody, strong};

/// All that is logged by all tests of this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Addresses, phones, codes, links and passwords are in no line, however much is logged and whatever the mail server says.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_the_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("trace,hyper=off,h2=off,mio=off,tokio_postgres=off,wiremock=off")
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    // It puts off whoever is called busy, by name.
    let server = MailServer::start("127.0.0.1:0").await;
    let mut setup = Setup::new().await;
    setup.config.mail.way = MailWay::Smtp(SmtpConfig {
        server: "127.0.0.1".to_owned(),
        port: server.address.port(),
        login: None,
        tls: SmtpTls::None,
    });
    let auth = setup.start().await;
    let (email, phone) = ("busy.secretive@uni.edu", "+14155559876");
    let chat = nobody(Contract::Connectbest);
    let ada = auth
        .try_register(&chat, strong("Ada", email))
        .await
        .unwrap();
    eventually("the mail was put off", || async {
        auth.count("auth.mails WHERE attempts > 0 AND due_at < created_at + interval '5 minutes'")
            .await
            == 1
    })
    .await;
    auth.clock.advance(TimeDelta::seconds(3));
    mails::deliver(&auth.app).await.unwrap();
    auth.mails_sent().await;
    let code = crate::letters::Letter::of(String::new(), &server.arrived()[0].data).code();
    auth.verify(email, &code).await.unwrap();
    auth.request_reset(email).await.unwrap();
    auth.enable_sms(&ada, phone, "").await.unwrap();
    auth.mails_sent().await;
    let reset = crate::letters::Letter::of(String::new(), &server.arrived()[1].data).token();
    let text = letters_in(auth.mail_dir.path()).pop().unwrap().code();
    auth.try_sign_in_with(&chat, email, PASSWORD_STRONG, &text)
        .await
        .unwrap();
    auth.reset(&reset, "N3w-battery").await.unwrap();
    auth.mails_sent().await;

    let told = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(told.contains("mail not sent"), "the log is heard");
    for secret in [
        email,
        "secretive",
        "4155559876",
        &*reset,
        PASSWORD_STRONG,
        "N3w-battery",
        &*ada.tokens.refresh_token,
    ] {
        assert!(!told.contains(secret), "{secret}");
    }
    for line in told.lines().filter(|line| line.contains("oruma_auth")) {
        let mut words = line.split(|letter: char| !letter.is_ascii_alphanumeric());
        assert!(!words.any(|word| word == code || word == text), "{line}");
    }
}
