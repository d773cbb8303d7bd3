//! A real browser without a window, for pages.

use std::process::Stdio;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// What a page may take to show something.
const PATIENCE: Duration = Duration::from_secs(20);
/// What keeps the browser from calling home, and lets it run in a container.
const ARGUMENTS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
];

/// `chromedriver` on a free port. Ends with this value.
pub struct Browser {
    address: String,
    profiles: TempDir,
    _driver: Child,
}

/// A window with cookies and storage of its own.
pub struct Window(Client);

impl Browser {
    /// Starts the driver.
    ///
    /// # Panics
    /// When there is none: `scripts/install-missing browser` installs it.
    pub async fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver is installed");
        let output = driver.stdout.take().expect("its output is piped");
        let mut lines = BufReader::new(output).lines();
        let port = loop {
            let line = lines.next_line().await.expect("its output is text");
            let line = line.expect("chromedriver says on which port it listens");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        Self {
            address: format!("http://127.0.0.1:{port}"),
            profiles: tempfile::tempdir().expect("a folder for profiles"),
            _driver: driver,
        }
    }

    /// Opens a page in a window of its own.
    ///
    /// # Panics
    /// When the browser does not start.
    pub async fn open(&self, name: &str, page: &str) -> Window {
        let profile = self.profiles.path().join(name);
        let profile = format!("--user-data-dir={}", profile.display());
        let size = "--window-size=1440,900".to_owned();
        let arguments = ARGUMENTS.map(str::to_owned).into_iter();
        let arguments: Vec<String> = arguments.chain([profile, size]).collect();
        let wanted = json!({"goog:chromeOptions": {"args": arguments}});
        let wanted = wanted.as_object().cloned().unwrap_or_default();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&self.address)
            .await
            .expect("the browser starts");
        client.goto(page).await.expect("the page opens");
        Window(client)
    }
}

impl Window {
    /// The element that a CSS selector names, once it is there.
    ///
    /// # Panics
    /// When it does not come.
    pub async fn find(&self, selector: &str) -> Element {
        let found = self
            .0
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(selector))
            .await;
        found.unwrap_or_else(|error| panic!("no {selector}: {error}"))
    }

    /// Waits until what a selector names shows a text.
    ///
    /// # Panics
    /// When it does not.
    pub async fn shows(&self, selector: &str, text: &str) {
        let xpath = format!("//*[contains(normalize-space(.), \"{text}\")]");
        let waiting = async {
            loop {
                let elements = self
                    .0
                    .find_all(Locator::Css(selector))
                    .await
                    .unwrap_or_default();
                for element in elements {
                    if element.text().await.is_ok_and(|shown| shown.contains(text)) {
                        return;
                    }
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            let elsewhere = self.0.find(Locator::XPath(&xpath)).await.is_ok();
            let source = self.0.source().await.unwrap_or_default();
            panic!("{selector} does not show {text:?} (elsewhere: {elsewhere}): {source}");
        }
    }

    /// Types into a field.
    ///
    /// # Panics
    /// When there is no such field.
    pub async fn fill(&self, selector: &str, text: &str) {
        let field = self.find(selector).await;
        field.send_keys(text).await.expect("the field takes keys");
    }

    /// Clicks.
    ///
    /// # Panics
    /// When there is nothing to click.
    pub async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("{selector} can't be clicked: {error}"));
    }

    /// Runs a script in the page, and returns what it returns.
    ///
    /// # Panics
    /// When it fails.
    pub async fn run(&self, script: &str) -> serde_json::Value {
        self.0
            .execute(script, Vec::new())
            .await
            .expect("the script runs")
    }

    /// A picture of the window, as PNG.
    ///
    /// # Panics
    /// When there is none.
    pub async fn picture(&self) -> Vec<u8> {
        self.0.screenshot().await.expect("a picture")
    }

    /// Closes the window.
    ///
    /// # Panics
    /// When the browser is gone.
    pub async fn close(self) {
        self.0.close().await.expect("the window closes");
    }
}
