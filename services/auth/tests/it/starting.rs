//! A start beside a database that is not there yet.

use std::sync::Arc;

use oruma_auth::config::AdminConfig;
use oruma_auth::domain::account::Email;
use oruma_auth::service::MIGRATIONS;
use oruma_proto::auth::v1 as proto;
use oruma_test_kit::{TestDatabase, eventually};
use secrecy::SecretString;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::support::{Auth, Setup, UNIVERSITY, bring_back, guest, take_away};

/// What a probe is told.
async fn is_ready(auth: &Auth) -> bool {
    let mut health = HealthClient::new(auth.channel());
    let answer = health.check(HealthCheckRequest::default()).await;
    answer.is_ok_and(|answer| answer.into_inner().status == i32::from(ServingStatus::Serving))
}

/// With the directory and the administrator, both made late.
async fn becomes_whole(auth: &Auth) {
    eventually("the service is ready", || is_ready(auth)).await;
    let wanted = proto::SearchUniversitiesRequest {
        query: UNIVERSITY.to_owned(),
        ..proto::SearchUniversitiesRequest::default()
    };
    let mut universities = auth.universities();
    let found = universities
        .search_universities(guest().send(wanted))
        .await
        .unwrap();
    let found = found.into_inner().universities;
    assert!(found.iter().any(|entry| entry.name == UNIVERSITY));
    let admins = "SELECT role FROM auth.users WHERE email = 'admin@uni.edu'";
    assert_eq!(auth.row(admins).await["role"], "admin");
}

fn with_admin(mut setup: Setup) -> Setup {
    setup.config.admin = Some(AdminConfig {
        email: Email::parse("admin@uni.edu").unwrap(),
        password: SecretString::from("An0ther-password"),
    });
    setup
}

/// O-219: a database that is away is waited for, and the service tells that it is not ready.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_waits_for_a_database_that_is_away() {
    let setup = with_admin(Setup::new().await);
    let database = Arc::clone(&setup.database);
    take_away(&database).await;
    let auth = setup.start().await;
    assert!(!is_ready(&auth).await);
    bring_back(&database).await;
    becomes_whole(&auth).await;
}

/// O-219: so is one that has yet to be brought up to date.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_waits_for_the_migrations() {
    let database = Arc::new(TestDatabase::create_empty("auth").await);
    let auth = with_admin(Setup::on(Arc::clone(&database))).start().await;
    assert!(!is_ready(&auth).await);
    oruma_postgres::migrate(database.config(), MIGRATIONS)
        .await
        .unwrap();
    becomes_whole(&auth).await;
}
