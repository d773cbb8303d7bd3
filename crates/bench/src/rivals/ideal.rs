//! The feed in one process: the same SQL through the same pool, and the page in JSON. What the services cost beyond it is the price of being services.

use actix_web::web::{Data, get};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use anyhow::Result;
use chrono::{DateTime, SecondsFormat, Utc};
use oruma_postgres::{Database, DatabaseConfig};
use oruma_social::domain::post::SeenPost;
use oruma_social::domain::viewer::Viewer;
use oruma_social::store::feeds::{self, Feed};
use secrecy::SecretString;
use serde::Serialize;

use super::Guard;

/// As the services have it.
const POOL: usize = 20;
/// As the contract has it, and one more to know whether there is another page.
const PAGE: usize = 10;

/// Serves the feed of that database.
#[expect(
    clippy::print_stdout,
    reason = "whoever started it waits for the address"
)]
pub(super) async fn serve(url: &str) -> Result<()> {
    let database = Database::connect(&DatabaseConfig {
        url: SecretString::from(url),
        pool_size: POOL,
        schema: "social",
        trace_statements: false,
    })?;
    let state = Data::new((Guard::new(), database));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::clone(&state))
            .route("/api/posts", get().to(answer))
    })
    .bind(("127.0.0.1", 0))?;
    for address in server.addrs() {
        println!("{address}");
    }
    Ok(server.run().await?)
}

async fn answer(state: Data<(Guard, Database)>, request: HttpRequest) -> HttpResponse {
    let (guard, database) = state.get_ref();
    let Some(signed_in) = guard.admit(&request) else {
        return HttpResponse::Unauthorized().finish();
    };
    let viewer = Viewer {
        user: signed_in.user,
        university: signed_in.university,
        admin: false,
    };
    match read(database, &viewer).await {
        Ok(page) => HttpResponse::Ok().json(page),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn read(database: &Database, viewer: &Viewer) -> Result<Page> {
    let mut conn = database.reader().await?;
    let feed = Feed::University(viewer.university.clone());
    let limit = i64::try_from(PAGE)? + 1;
    let listed = feeds::list(&mut conn, &feed, viewer, None, limit).await?;
    drop(conn);
    let has_more = listed.len() > PAGE;
    let posts: Vec<_> = listed
        .into_iter()
        .take(PAGE)
        .map(|listed| Post::from(listed.post))
        .collect();
    let next_cursor = posts
        .last()
        .filter(|_| has_more)
        .map(|last| last.id.clone());
    Ok(Page {
        posts,
        has_more,
        next_cursor,
    })
}

/// As the contract shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    posts: Vec<Post>,
    has_more: bool,
    next_cursor: Option<String>,
}

/// As the contract shows it. Authors have a fixed name, as though their cards were there.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Post {
    id: String,
    author_id: String,
    author: &'static str,
    username: &'static str,
    university: String,
    time: String,
    location: String,
    content: String,
    likes: i64,
    comments: i64,
    saves: i64,
    views: i64,
    liked: bool,
    saved: bool,
    r#type: &'static str,
    hashtags: Vec<String>,
    created_at: String,
    updated_at: String,
}

impl From<SeenPost> for Post {
    fn from(seen: SeenPost) -> Self {
        let post = seen.post;
        let created_at = iso(post.created_at);
        Self {
            id: post.id.to_string(),
            author_id: post.author.to_string(),
            author: "Ada Lovelace 1234",
            username: "ada.1234",
            university: post.university,
            time: created_at.clone(),
            location: post.body.location,
            content: post.body.content,
            likes: post.like_count,
            comments: post.comment_count,
            saves: post.save_count,
            views: post.view_count,
            liked: seen.liked,
            saved: seen.saved,
            r#type: post.body.kind.name(),
            hashtags: post.body.hashtags.all,
            created_at,
            updated_at: iso(post.updated_at),
        }
    }
}

fn iso(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
