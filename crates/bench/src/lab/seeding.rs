//! Fills the database as a community would in years.

use anyhow::{Context, Result};
use chrono::TimeDelta;
use oruma_e2e::{Member, Person};
use oruma_ids::{SessionId, UserId};
use oruma_service_runtime::{AccessClaims, AccessTokenKey, Clock, Contract};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::Lab;
use crate::statements::Server;

/// How long the tokens hold: no run is longer.
const HOLDS: TimeDelta = TimeDelta::hours(12);
/// As the services have it.
const COST: u32 = 12;
const SESSION: char = 'b';

/// People with one password, and a token each as a sign-in gives it. Their sign-ins are in the database as well, for those who ask.
pub(super) async fn people(lab: &Lab, last: u64) -> Result<Vec<Member>> {
    let hash = bcrypt::non_truncating_hash(Lab::PASSWORD, COST)?;
    let university = Lab::UNIVERSITY;
    lab.sql(&format!(
        "INSERT INTO auth.users (id, handle, display_name, email, email_verified_at, password_hash, password_policy, university_id, university,
                                 search_text, created_at, updated_at)
         SELECT {user}, 'ada.' || n, 'Ada Lovelace ' || n, {email}, now(), '{hash}', 'oruma', u.id, '{university}',
                'ada lovelace ' || n || ' ada.' || n || ' ' || {email}, now(), now()
         FROM generate_series(1, {last}) AS n, (SELECT id FROM auth.universities WHERE name = '{university}' LIMIT 1) AS u;
         INSERT INTO auth.sessions (id, user_id, contract, created_at, refreshed_at, expires_at)
         SELECT {session}, {user}, 'oruma', now(), now(), now() + interval '30 days' FROM generate_series(1, {last}) AS n;
         INSERT INTO messaging.people (user_id, handle, display_name, timezone, version)
         SELECT id, handle, display_name, '', version FROM auth.users WHERE handle LIKE 'ada.%';
         ANALYZE auth.users; ANALYZE auth.sessions; ANALYZE messaging.people",
        user = made_of("n", super::PERSON),
        session = made_of("n", SESSION),
        email = "'ada.' || n || '@mit.edu'",
    ))
    .await?;
    let key = AccessTokenKey::new(&super::secret(), jsonwebtoken::Algorithm::HS256);
    (1..=last).map(|number| member(&key, number)).collect()
}

fn member(key: &AccessTokenKey, number: u64) -> Result<Member> {
    let user = uuid(number, super::PERSON).context("an id")?;
    let session = uuid(number, SESSION).context("an id")?;
    let now = Clock::system().now();
    let email = format!("ada.{number}@mit.edu");
    let claims = AccessClaims {
        user_id: UserId::from_uuid(user),
        id: None,
        email: email.clone(),
        university: Lab::UNIVERSITY.to_owned(),
        role: "user".to_owned(),
        sid: SessionId::from_uuid(session),
        jti: session,
        aud: Contract::Oruma.name().to_owned(),
        exp: (now + HOLDS).timestamp(),
        iat: now.timestamp(),
    };
    Ok(Member {
        person: Person {
            name: format!("Ada Lovelace {number}"),
            email,
            password: Lab::PASSWORD.to_owned(),
            university: Lab::UNIVERSITY.to_owned(),
        },
        id: user.to_string(),
        token: key.sign(&claims)?.expose_secret().to_owned(),
        refresh_token: String::new(),
    })
}

/// The posts with these numbers, a second between each and the one before, by all of the people in turn. Text and tags are of the usual length.
pub(super) async fn posts(database: &Server, first: u64, last: u64) -> Result<()> {
    let people = Lab::PEOPLE;
    let university = Lab::UNIVERSITY;
    database.sql(&format!(
        "INSERT INTO social.posts (id, author_id, university, content, type, location, images, given_hashtags, given_mentions, hashtags, mentions,
                                   visibility, search, created_at, updated_at)
         SELECT {id}, {author}, '{university}', content, 'study', 'Library, floor ' || n % 7, '{{}}', '{{}}', '{{}}',
                ARRAY['compilers'], '{{}}', 'public', to_tsvector('english', content), at, at
         FROM (SELECT n, now() - interval '1 second' * n AS at,
                      'Who joins the study group on #compilers at ' || n % 12 || ' tomorrow? We read chapter ' || n % 40 ||
                      ' and talk about registers, spills and what a scheduler may move. Bring questions, there is tea.' AS content
               FROM generate_series({first}, {last}) AS n) AS written;
         ANALYZE social.posts",
        id = made_of("n", super::POST),
        author = made_of(&format!("(1 + n % {people})"), super::PERSON),
    ))
    .await?;
    // Neither can be part of a transaction, which several statements at once are.
    database.sql("VACUUM social.posts").await?;
    database.sql("CHECKPOINT").await
}

/// SQL for the id that [`uuid`] makes.
pub(super) fn made_of(number: &str, kind: char) -> String {
    format!("('0198a000-0000-7000-{kind}000-' || lpad(to_hex({number}), 12, '0'))::uuid")
}

pub(super) fn uuid(number: u64, kind: char) -> Option<Uuid> {
    format!("0198a000-0000-7000-{kind}000-{number:012x}")
        .parse()
        .ok()
}
