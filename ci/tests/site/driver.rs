//! A browser that is driven through WebDriver.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The names of the drivers and browsers there may be.
const DRIVERS: [&str; 2] = ["chromedriver", "chromium.chromedriver"];
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// Set where a machine must have a browser.
const REQUIRED: &str = "SIGSYS_REQUIRE_BROWSER";
/// What an element is called in WebDriver.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How long a page may take to come to what is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keys that have no letter.
pub(crate) mod key {
    pub(crate) const TAB: &str = "\u{e004}";
    pub(crate) const ENTER: &str = "\u{e007}";
    pub(crate) const ESCAPE: &str = "\u{e00c}";
    pub(crate) const RIGHT: &str = "\u{e014}";
    pub(crate) const DOWN: &str = "\u{e015}";
}

/// A browser and its driver; both end with this.
pub(crate) struct Browser {
    driver: Child,
    agent: ureq::Agent,
    session: String,
}

/// Where a program is.
fn find(names: &[&str]) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut all = std::env::split_paths(&path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    all.find(|path| path.is_file())
}

impl Browser {
    /// Starts a browser. Where there is none, this says so loudly, and fails where one is required.
    pub(crate) fn start() -> Option<Self> {
        let (Some(driver), Some(browser)) = (find(&DRIVERS), find(&BROWSERS)) else {
            let line = "skipped: no chromium (apt-get install chromium chromium-driver)";
            assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, and {line}");
            // Past what libtest captures: nobody is to take this for a pass.
            let mut err = std::fs::File::options().write(true).open("/dev/stderr").ok();
            if let Some(err) = &mut err {
                let _ = std::io::Write::write_all(err, format!("\n{line}\n").as_bytes());
            }
            return None;
        };
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the driver starts");
        let out = BufReader::new(driver.stdout.take().expect("a pipe"));
        let port: u16 = out
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split("started successfully on port ")
                    .nth(1)?
                    .trim_end_matches('.')
                    .parse()
                    .ok()
            })
            .expect("the driver says its port");
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE * 3));
        let mut own = Self {
            driver,
            agent: config.build().into(),
            session: format!("http://127.0.0.1:{port}/session"),
        };
        let made = own.post("", json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {
                "binary": browser,
                "args": [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                    "--disable-dev-shm-usage", "--window-size=1600,1000",
                ],
            },
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}}));
        own.session += &format!("/{}", made["sessionId"].as_str().expect("a session"));
        Some(own)
    }

    fn post(&self, path: &str, body: Value) -> Value {
        let response = self.agent.post(format!("{}{path}", self.session)).send_json(&body);
        Self::value(path, response)
    }

    fn value(path: &str, response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
        let mut response = response.unwrap_or_else(|error| panic!("{path}: {error}"));
        let status = response.status();
        let body: Value = response.body_mut().read_json().expect("the driver answers with JSON");
        assert!(status.is_success(), "{path}: {}", body["value"]["message"]);
        body["value"].clone()
    }

    /// Opens an address; one that differs in its hash alone too.
    pub(crate) fn open(&self, url: &str) {
        self.post("/url", json!({"url": "about:blank"}));
        self.post("/url", json!({"url": url}));
    }

    /// What a script returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({"script": script, "args": []}))
    }

    /// Waits until an expression is true.
    pub(crate) fn wait(&self, what: &str) {
        let begun = Instant::now();
        while self.run(&format!("return Boolean({what})")) != true {
            assert!(
                begun.elapsed() < PATIENCE,
                "never: {what}; at {}",
                self.run("return location.href")
            );
        }
    }

    fn element(&self, selector: &str) -> String {
        let found = self.post("/element", json!({"using": "css selector", "value": selector}));
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    pub(crate) fn click(&self, selector: &str) {
        self.post(&format!("/element/{}/click", self.element(selector)), json!({}));
    }

    pub(crate) fn keys(&self, text: &str) {
        let press = |c: char| {
            [json!({"type": "keyDown", "value": c}), json!({"type": "keyUp", "value": c})]
        };
        let actions: Vec<Value> = text.chars().flat_map(press).collect();
        self.post(
            "/actions",
            json!({"actions": [{"type": "key", "id": "keys", "actions": actions}]}),
        );
    }

    /// Chooses an option as a user does.
    pub(crate) fn choose(&self, select: &str, value: &str) {
        self.run(&format!(
            "const one = document.querySelector({select:?}); one.value = {value:?}; \
             one.dispatchEvent(new Event('change', {{bubbles: true}}))"
        ));
    }

    /// A command of the browser's own protocol.
    pub(crate) fn devtools(&self, command: &str, params: Value) -> Value {
        self.post("/goog/cdp/execute", json!({"cmd": command, "params": params}))
    }

    /// Shows pages on a screen of this width, in a scheme.
    pub(crate) fn screen(&self, width: u32, scheme: &str) {
        let height = if width < 600 { 740 } else { 1000 };
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics);
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", features);
    }

    /// A picture of what is shown, as PNG in base64.
    pub(crate) fn picture(&self) -> String {
        let response = self.agent.get(format!("{}/screenshot", self.session)).call();
        Self::value("/screenshot", response).as_str().expect("a picture").to_owned()
    }

    /// The entries of a log since it was asked for last.
    pub(crate) fn log(&self, kind: &str) -> Vec<Value> {
        self.post("/se/log", json!({"type": kind})).as_array().cloned().unwrap_or_default()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser goes with its session, and the driver after it.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
