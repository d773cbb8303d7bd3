//! What the tests stand on: a running service with a database, a clock and a broker of its own.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use oruma_auth::app::App;
use oruma_auth::config::{CodeConfig, Config, ResetConfig, SecondFactorConfig};
use oruma_auth::domain::session::Lifetimes;
use oruma_auth::mailer::{MailConfig, MailWay};
use oruma_auth::passwords::PasswordConfig;
use oruma_auth::service::{MIGRATIONS, Service};
use oruma_auth::sms::SmsConfig;
use oruma_broker::{Broker, Event, InProcessBroker, Subscription};
use oruma_ephemeral::SharedEphemeral;
use oruma_ids::{SessionId, UserId};
use oruma_postgres::Database;
use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::account_service_client::AccountServiceClient;
use oruma_proto::auth::v1::api_key_service_client::ApiKeyServiceClient;
use oruma_proto::auth::v1::second_factor_service_client::SecondFactorServiceClient;
use oruma_proto::auth::v1::session_service_client::SessionServiceClient;
use oruma_proto::auth::v1::university_service_client::UniversityServiceClient;
use oruma_proto::auth::v1::user_service_client::UserServiceClient;
use oruma_rpc_error::RpcError;
use oruma_service::Surroundings;
use oruma_service_runtime::{
    AccessTokenKey, Caller, Channel, Clock, ClockHand, Contract, Env, GrpcClient, GrpcListener,
    InternalCredential, Random, Role, SignedIn, Stop, in_process,
};
use oruma_service_test_kit::Told;
pub(crate) use oruma_service_test_kit::{answered, invalid_fields, refused, rows, start_time};
use oruma_test_kit::{Server, TestDatabase, server_url};

use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "corr3ct-horse";
/// Good enough for every contract.
pub(crate) const PASSWORD_STRONG: &str = "Corr3ct-horse";
pub(crate) const UNIVERSITY: &str = "Stanford University";
pub(crate) const ADDRESS: &str = "192.0.2.7";
pub(crate) const USER_AGENT: &str = "OrumaTests/1.0";
pub(crate) const CREDENTIAL: &str = "0123456789abcdef-of-the-auth-tests";

pub(crate) fn credential(secret: &str) -> InternalCredential {
    InternalCredential::new(SecretString::from(secret)).unwrap()
}

/// Nobody in particular, from a known place.
pub(crate) fn nobody(contract: Contract) -> Caller {
    Caller {
        address: ADDRESS.to_owned(),
        user_agent: USER_AGENT.to_owned(),
        ..Caller::anonymous(contract)
    }
}

/// Nobody in particular, through the contract `oruma`.
pub(crate) fn guest() -> Caller {
    nobody(Contract::Oruma)
}

/// What a service is made from, to be changed before it starts.
pub(crate) struct Setup {
    pub(crate) database: Arc<TestDatabase>,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) hand: ClockHand,
    mail_dir: TempDir,
}

impl Setup {
    pub(crate) async fn new() -> Self {
        Self::on(Arc::new(TestDatabase::create("auth", MIGRATIONS).await))
    }

    /// On a database that exists: another replica, or the same after a restart.
    pub(crate) fn on(database: Arc<TestDatabase>) -> Self {
        let (clock, hand) = Clock::standing(start_time());
        let secrets = [("JWT_SECRET_KEY", "K3vJ8x-unguessable-0123456789abcdef")];
        let mail_dir = TempDir::new().unwrap();
        let config = Config {
            data_secret: SecretString::from(CREDENTIAL),
            mail: MailConfig {
                from: "Oruma <no-reply@localhost>".parse().unwrap(),
                way: MailWay::Folder(mail_dir.path().to_owned()),
            },
            codes: CodeConfig {
                lifetime: TimeDelta::minutes(10),
                attempts: 5,
                per_hour: 5,
            },
            sms: SmsConfig::Folder(mail_dir.path().to_owned()),
            second_factors: SecondFactorConfig {
                attempts: 5,
                lock: TimeDelta::minutes(15),
                per_hour: 10,
            },
            google: None,
            api_keys_per_user: 20,
            resets: ResetConfig {
                lifetime: TimeDelta::hours(1),
                per_hour: 5,
                url: "http://localhost:3333/reset-password".parse().unwrap(),
            },
            database: database.config().clone(),
            credential: credential(CREDENTIAL),
            tokens: AccessTokenKey::from_env(&Env::of_pairs(secrets)).unwrap(),
            oruma_lifetimes: Lifetimes {
                access: TimeDelta::hours(24),
                refresh: TimeDelta::days(30),
            },
            passwords: PasswordConfig {
                cost: 4,
                workers: 2,
                queue: 64,
            },
            directory: None,
            admin: None,
            access_log_retention: TimeDelta::days(180),
        };
        Self {
            database,
            config,
            clock,
            hand,
            mail_dir,
        }
    }

    /// Starts the service. Its events stay in the outbox until the broker is released.
    pub(crate) async fn start(self) -> Auth {
        self.try_start().await.unwrap()
    }

    pub(crate) async fn try_start(self) -> anyhow::Result<Auth> {
        let (listener, channel) = in_process();
        let broker = Arc::new(InProcessBroker::holding(None));
        let told = Told::default();
        let everything = Subscription::once("tests.everything", ["#"]);
        broker.subscribe(everything, Arc::new(told.clone())).await?;
        let ephemeral = oruma_ephemeral::in_process();
        let surroundings = Surroundings {
            listener: GrpcListener::InProcess(listener),
            broker: Arc::clone(&broker) as Arc<dyn Broker>,
            clock: self.clock,
            random: Random::system(),
        };
        let service = Service::build(self.config, surroundings, Arc::clone(&ephemeral))?;
        let app = service.app();
        let stop = Stop::new();
        service.start(&stop).await?;
        Ok(Auth {
            stop,
            channel,
            app,
            broker,
            told,
            ephemeral,
            clock: self.hand,
            mail_dir: self.mail_dir,
            sql: self.database.connect(),
            database: self.database,
        })
    }
}

/// A running service.
pub(crate) struct Auth {
    stop: Stop,
    channel: Channel,
    pub(crate) app: Arc<App>,
    pub(crate) broker: Arc<InProcessBroker>,
    /// What subscribers of all events were told.
    pub(crate) told: Told,
    pub(crate) ephemeral: SharedEphemeral,
    pub(crate) clock: ClockHand,
    /// Where mails go, unless the test has another way.
    pub(crate) mail_dir: TempDir,
    sql: Database,
    pub(crate) database: Arc<TestDatabase>,
}

impl Drop for Auth {
    fn drop(&mut self) {
        self.stop.ask();
    }
}

// === impl Auth: calls ===

/// Lets nobody into a database, and sends those away who are in.
pub(crate) async fn take_away(database: &TestDatabase) {
    let (_, name) = database.url().rsplit_once('/').unwrap();
    administer(&format!(
        "ALTER DATABASE {name} ALLOW_CONNECTIONS false;
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    ))
    .await;
}

/// Lets everybody in again.
pub(crate) async fn bring_back(database: &TestDatabase) {
    let (_, name) = database.url().rsplit_once('/').unwrap();
    administer(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
}

async fn administer(statement: &str) {
    let mut server = AsyncPgConnection::establish(&server_url(Server::Postgres))
        .await
        .unwrap();
    server.batch_execute(statement).await.unwrap();
}

impl Auth {
    pub(crate) async fn start() -> Self {
        Setup::new().await.start().await
    }

    /// The way to the service without any credential.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    fn client(&self) -> GrpcClient {
        GrpcClient::new(self.channel(), credential(CREDENTIAL).shown())
    }

    pub(crate) fn accounts(&self) -> AccountServiceClient<GrpcClient> {
        AccountServiceClient::new(self.client())
    }

    pub(crate) fn sessions(&self) -> SessionServiceClient<GrpcClient> {
        SessionServiceClient::new(self.client())
    }

    pub(crate) fn second_factors(&self) -> SecondFactorServiceClient<GrpcClient> {
        SecondFactorServiceClient::new(self.client())
    }

    pub(crate) fn api_keys(&self) -> ApiKeyServiceClient<GrpcClient> {
        ApiKeyServiceClient::new(self.client())
    }

    pub(crate) fn users(&self) -> UserServiceClient<GrpcClient> {
        UserServiceClient::new(self.client())
    }

    pub(crate) fn universities(&self) -> UniversityServiceClient<GrpcClient> {
        UniversityServiceClient::new(self.client())
    }

    pub(crate) async fn try_register(
        &self,
        caller: &Caller,
        application: proto::RegisterRequest,
    ) -> Result<Person, RpcError> {
        let answer = answered(self.accounts().register(caller.send(application)).await)?;
        Ok(self.person(answer.user, answer.tokens, caller))
    }

    pub(crate) async fn register(&self, name: &str, email: &str) -> Person {
        self.try_register(&guest(), application(name, email))
            .await
            .unwrap()
    }

    pub(crate) async fn try_sign_in(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
    ) -> Result<Person, RpcError> {
        self.try_sign_in_with(caller, email, password, "").await
    }

    pub(crate) async fn try_sign_in_with(
        &self,
        caller: &Caller,
        email: &str,
        password: &str,
        code: &str,
    ) -> Result<Person, RpcError> {
        let request = caller.send(proto::SignInRequest {
            email: email.to_owned(),
            password: password.to_owned(),
            verification_code: code.to_owned(),
        });
        let answer = answered(self.sessions().sign_in(request).await)?;
        Ok(self.person(answer.user, answer.tokens, caller))
    }

    pub(crate) async fn sign_in(&self, email: &str) -> Person {
        self.try_sign_in(&guest(), email, PASSWORD).await.unwrap()
    }

    pub(crate) async fn refresh(
        &self,
        caller: &Caller,
        refresh_token: &str,
    ) -> Result<proto::Tokens, RpcError> {
        let request = caller.send(proto::RefreshRequest {
            refresh_token: refresh_token.to_owned(),
        });
        let answer = answered(self.sessions().refresh(request).await)?;
        Ok(answer.tokens.unwrap())
    }

    pub(crate) async fn sign_out(
        &self,
        caller: &Caller,
        refresh_token: &str,
    ) -> Result<(), RpcError> {
        let request = caller.send(proto::SignOutRequest {
            refresh_token: refresh_token.to_owned(),
        });
        answered(self.sessions().sign_out(request).await).map(drop)
    }

    pub(crate) async fn delete_account(&self, caller: &Caller) -> Result<(), RpcError> {
        let request = caller.send(proto::DeleteAccountRequest {});
        answered(self.accounts().delete_account(request).await).map(drop)
    }

    pub(crate) async fn is_active(&self, session: SessionId) -> bool {
        let request = guest().send(proto::CheckSessionRequest {
            session_id: session.to_string(),
        });
        answered(self.sessions().check_session(request).await)
            .unwrap()
            .active
    }

    pub(crate) async fn revoked(
        &self,
        request: proto::ListRevokedSessionsRequest,
    ) -> Result<proto::ListRevokedSessionsResponse, RpcError> {
        let request = guest().send(request);
        answered(self.sessions().list_revoked_sessions(request).await)
    }

    /// The ids of all sign-ins that ended and still matter.
    pub(crate) async fn revoked_ids(&self) -> Vec<String> {
        let listed = self.revoked(Default::default()).await.unwrap();
        listed
            .sessions
            .into_iter()
            .map(|session| session.session_id)
            .collect()
    }

    pub(crate) async fn get_user(&self, id: &str) -> Result<proto::User, RpcError> {
        let request = guest().send(proto::GetUserRequest {
            user_id: id.to_owned(),
        });
        let answer = answered(self.users().get_user(request).await)?;
        Ok(answer.user.unwrap())
    }

    /// Who a person is after an answer with its first tokens.
    pub(crate) fn person(
        &self,
        user: Option<proto::User>,
        tokens: Option<proto::Tokens>,
        caller: &Caller,
    ) -> Person {
        let (user, tokens) = (user.unwrap(), tokens.unwrap());
        let claims = claims(&tokens.access_token);
        let session: SessionId = claims["sid"].as_str().unwrap().parse().unwrap();
        let id: UserId = user.id.parse().unwrap();
        let role = Role::from_name(claims["role"].as_str().unwrap()).unwrap();
        let signed_in = Some(SignedIn {
            user: id,
            role,
            session,
            university: user.university.clone(),
        });
        Person {
            caller: Caller {
                signed_in,
                ..caller.clone()
            },
            id,
            session,
            user,
            tokens,
        }
    }
}

// === impl Auth: what is behind ===

impl Auth {
    /// Runs statements that answer nothing.
    pub(crate) async fn execute(&self, statements: &str) {
        let mut conn = self.sql.reader().await.unwrap();
        conn.batch_execute(statements).await.unwrap();
    }

    /// A connection to the same database.
    pub(crate) fn sql(&self) -> &Database {
        &self.sql
    }

    /// The rows of a query, as JSON objects.
    pub(crate) async fn rows(&self, query: &str) -> Vec<Value> {
        let mut conn = self.sql.reader().await.unwrap();
        rows(&mut conn, query).await
    }

    /// The only row of a query.
    pub(crate) async fn row(&self, query: &str) -> Value {
        let mut rows = self.rows(query).await;
        assert_eq!(rows.len(), 1, "{query}");
        rows.remove(0)
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        let counted = self.row(&format!("SELECT count(*) FROM {table}")).await;
        counted["count"].as_i64().unwrap()
    }

    /// What waits in the outbox, oldest first.
    pub(crate) async fn outbox(&self) -> Vec<Event> {
        self.outbox_json()
            .await
            .iter()
            .map(|event| Event::from_json(event.to_string().as_bytes()).unwrap())
            .collect()
    }

    /// What waits in the outbox, as it is stored.
    pub(crate) async fn outbox_json(&self) -> Vec<Value> {
        self.rows("SELECT event FROM auth.outbox ORDER BY position")
            .await
            .into_iter()
            .map(|mut row| row["event"].take())
            .collect()
    }

    /// The kinds of what waits in the outbox for a person, oldest first.
    pub(crate) async fn kinds_for(&self, person: &Person) -> Vec<String> {
        self.outbox()
            .await
            .into_iter()
            .filter(|event| event.subject == person.user.id)
            .map(|event| event.kind)
            .collect()
    }
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) caller: Caller,
    pub(crate) id: UserId,
    pub(crate) session: SessionId,
    pub(crate) user: proto::User,
    pub(crate) tokens: proto::Tokens,
}

/// A good application to join.
pub(crate) fn application(name: &str, email: &str) -> proto::RegisterRequest {
    proto::RegisterRequest {
        display_name: name.to_owned(),
        email: email.to_owned(),
        password: PASSWORD.to_owned(),
        university: UNIVERSITY.to_owned(),
        phone: String::new(),
    }
}

/// One that is good on every contract.
pub(crate) fn strong(name: &str, email: &str) -> proto::RegisterRequest {
    proto::RegisterRequest {
        password: PASSWORD_STRONG.to_owned(),
        ..application(name, email)
    }
}

/// What a token says, whatever it is worth.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// A time of a message.
pub(crate) fn time(timestamp: Option<pbjson_types::Timestamp>) -> DateTime<Utc> {
    let timestamp = timestamp.unwrap();
    DateTime::from_timestamp(timestamp.seconds, timestamp.nanos.try_into().unwrap()).unwrap()
}
