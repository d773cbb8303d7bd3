//! The page to try the API by hand, in a real browser with two people.

use oruma_e2e::{Browser, Deployment, Person, Window};
use serde_json::json;

use crate::support::{distributed, standalone};

async fn enter(
    browser: &Browser,
    deployment: &Deployment,
    name: &str,
    person: &Person,
    gateway: usize,
) -> Window {
    let page = format!(
        "http://{}/api/console",
        deployment.gateway(gateway).address()
    );
    let window = browser.open(name, &page).await;
    window.fill("input[name=email]", &person.email).await;
    window.fill("input[name=password]", &person.password).await;
    window.click("form button.main").await;
    window.shows(".state", "live").await;
    window
}

async fn talk(deployment: &Deployment, gateways: [usize; 2]) {
    let api = deployment.client();
    let (ada, bob) = (api.newcomer().await.person, api.newcomer().await.person);
    let browser = Browser::start().await;
    let at_ada = enter(&browser, deployment, "ada", &ada, gateways[0]).await;
    let at_bob = enter(&browser, deployment, "bob", &bob, gateways[1]).await;

    // A post, a like and a comment arrive where nobody asked.
    let words = format!("Hello from {} <b>now</b>", ada.email);
    at_ada.fill(".composer textarea", &words).await;
    at_ada.click(".composer button").await;
    at_bob.shows(".post .text", &words).await;
    let first = ".feed article:first-of-type";
    at_bob.click(&format!("{first} .pill")).await;
    at_ada.shows(&format!("{first} .likes"), "1").await;
    at_bob.shows(&format!("{first} .pill.on .likes"), "1").await;
    at_ada.click(&format!("{first} .pill:nth-of-type(2)")).await;
    at_bob.click(&format!("{first} .pill:nth-of-type(2)")).await;
    at_bob
        .fill(&format!("{first} .comments input"), "Welcome!")
        .await;
    at_bob.click(&format!("{first} .comments button")).await;
    at_ada.shows(&format!("{first} .comment"), "Welcome!").await;

    // A conversation with presence, typing and read marks.
    at_ada.fill(".search input", &bob.email).await;
    at_ada.click(".search li button").await;
    at_ada.shows(".thread .presence", "online").await;
    at_ada.fill(".thread form input", "Are you there?").await;
    at_ada.click(".thread form button").await;
    at_ada.shows(".message.own .text", "Are you there?").await;
    at_bob.shows(".entry .last", "Are you there?").await;
    at_bob.shows(".entry .badge", "1").await;
    at_bob.click(".entry").await;
    at_bob.shows(".message .text", "Are you there?").await;
    drop(at_ada.find(".mark.read").await);
    at_bob.fill(".thread form input", "Yes").await;
    at_ada.shows(".typing", "is typing").await;
    at_bob.click(".thread form button").await;
    at_ada.shows(".message:not(.own) .text", "Yes").await;
    drop(at_bob.find(".mark.read").await);
    if let Some(folder) = std::env::var_os("CONSOLE_PICTURES") {
        let path = std::path::Path::new(&folder).join("console.png");
        std::fs::write(path, at_ada.picture().await).expect("a picture is kept");
    }

    // What people write is shown as they wrote it, and nothing was loaded from elsewhere.
    let script =
        "return performance.getEntriesByType('resource').map((entry) => new URL(entry.name).host)
                      .filter((host) => host !== location.host)";
    assert_eq!(at_ada.run(script).await, json!([]));
    assert_eq!(
        at_bob
            .run("return document.querySelectorAll('.post b').length")
            .await,
        json!(0)
    );

    at_bob.close().await;
    at_ada.shows(".thread .presence", "offline").await;
    at_ada.close().await;
}

/// O-056…O-061, O-087…O-103: on one process.
#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_standalone() {
    talk(standalone().await, [0, 0]).await;
}

/// The same on two gateways.
#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_distributed() {
    talk(distributed().await, [0, 1]).await;
}
