//! A headless Chromium that knows no host but this machine, spoken to over its `DevTools` protocol.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long the browser may take for one thing; it starts slowly on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// A page in a browser of its own, which ends with the value.
#[derive(Debug)]
pub struct Page {
    browser: Child,
    to_browser: File,
    from_browser: Receiver<Value>,
    session: String,
    calls: u64,
    _profile: tempfile::TempDir,
}

/// The Chromium of this machine.
///
/// # Panics
/// When there is none, with the line that installs it.
fn chromium() -> &'static str {
    let is_there =
        |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    NAMES.iter().find(|name| is_there(name)).unwrap_or_else(|| {
        panic!("Chromium is missing, and this test needs it: run `scripts/setup.sh test`, or apt-get install chromium")
    })
}

impl Page {
    /// Starts a browser on a page.
    pub fn open(url: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let pipes = ["to", "from"].map(|name| profile.path().join(name));
        assert!(Command::new("mkfifo").args(&pipes).status().unwrap().success());
        // Chromium listens at descriptor 3 and answers at 4; a shell can hand them over.
        let browser = Command::new("sh")
            .args(["-c", r#"to=$1 from=$2; shift 2; exec "$@" 3<"$to" 4>"$from""#, "sh"])
            .args(&pipes)
            .arg(chromium())
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
            .arg(format!("--user-data-dir={}", profile.path().join("profile").display()))
            .arg("--remote-debugging-pipe")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to_browser = OpenOptions::new().write(true).open(&pipes[0]).unwrap();
        let messages = BufReader::new(File::open(&pipes[1]).unwrap());
        let (sender, from_browser) = mpsc::channel();
        std::thread::spawn(move || {
            for message in messages.split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).unwrap_or_default();
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let session = String::new();
        let mut page = Self { browser, to_browser, from_browser, session, calls: 0, _profile: profile };
        let target = page.call("Target.createTarget", &json!({"url": url}))["targetId"].clone();
        let attached = page.call("Target.attachToTarget", &json!({"targetId": target, "flatten": true}));
        page.session = attached["sessionId"].as_str().unwrap().to_owned();
        page
    }

    fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.to_browser.write_all(format!("{message}\0").as_bytes()).unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let answer = self.from_browser.recv_timeout(left).unwrap_or_else(|_| panic!("no answer to {message}"));
            if answer["id"] == json!(self.calls) {
                assert!(answer["error"].is_null(), "{message}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// What an expression gives on the page.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let answer = self.call("Runtime.evaluate", &json!({"expression": expression, "returnByValue": true}));
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Looks again and again until an expression is true.
    pub fn wait_until(&mut self, expression: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.evaluate(expression) != json!(true) {
            assert!(Instant::now() < deadline, "waited in vain until {expression}; the page says:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn text(&mut self) -> String {
        self.evaluate("document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// Clicks on what a selector finds, once it is there.
    pub fn click(&mut self, selector: &str) {
        self.wait_until(&format!("document.querySelector({selector:?}) !== null"));
        self.evaluate(&format!("document.querySelector({selector:?}).click()"));
    }

    /// Types into what a selector finds, once it is there.
    pub fn type_into(&mut self, selector: &str, text: &str) {
        self.wait_until(&format!("document.querySelector({selector:?}) !== null"));
        // As if typed: the page's framework listens to the event and asks the element itself.
        self.evaluate(&format!(
            "{{ const field = document.querySelector({selector:?}); \
               Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, {text:?}); \
               field.dispatchEvent(new Event('input', {{ bubbles: true }})); }}"
        ));
    }

    /// The addresses of everything that the page has loaded or asked for.
    pub fn loaded(&mut self) -> Vec<String> {
        let names = self.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)");
        serde_json::from_value(names).unwrap()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}
