//! A browser without a window, driven through the DevTools protocol, and a server of static files.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// Longer than anything that is asked of a browser takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Programs that are browsers of the Chromium family.
const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// WebGPU on a software device, which is everywhere.
const FLAGS: &str = "--headless=new --no-first-run --disable-extensions --disable-background-networking --hide-scrollbars --disable-gpu-watchdog \
    --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader --remote-debugging-pipe";

/// Files of a folder over http, as any static server gives them, until the process ends.
pub struct Server {
    port: u16,
}

impl Server {
    /// Serves a folder on a free port of this machine.
    ///
    /// # Panics
    /// If there is no port.
    pub fn new(folder: &Path) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let folder = folder.to_path_buf();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let folder = folder.clone();
                // A browser that closes its connection early is no failure.
                thread::spawn(move || _ = answer(stream, &folder));
            }
        });
        Server { port }
    }

    /// The address of a file.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = first.split_whitespace().nth(1).unwrap_or("/");
    let path = path.split('?').next().unwrap_or_default().trim_start_matches('/');
    let inside = Path::new(path).components().all(|c| matches!(c, Component::Normal(_)));
    let kind = match Path::new(path).extension().and_then(|e| e.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    let (status, body) = match fs::read(folder.join(path)) {
        Ok(body) if inside => ("200 OK", body),
        _ => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}

/// A browser with one page.
pub struct Browser {
    process: Child,
    profile: PathBuf,
    input: ChildStdin,
    messages: Receiver<Value>,
    /// The page.
    page: Option<String>,
    asked: u64,
}

impl Browser {
    /// Starts a browser; without one says so and gives none.
    ///
    /// # Panics
    /// In CI, if there is none; and if it does not start.
    pub fn open(name: &str) -> Option<Browser> {
        let found = |program: &&str| {
            let paths = env::var_os("PATH").unwrap_or_default();
            env::split_paths(&paths).any(|folder| folder.join(program).is_file())
        };
        let Some(program) = PROGRAMS.iter().find(|p| found(p)) else {
            assert!(env::var_os("CI").is_none(), "there is no browser: install chromium");
            eprintln!("SKIPPED: there is no browser ({})", PROGRAMS.join(", "));
            return None;
        };
        let profile = env::temp_dir().join(format!("gdl-browser-{}-{name}", std::process::id()));
        // The protocol is spoken on descriptors 3 and 4, which only a shell can set without unsafe code. No browser runs as root.
        let script = format!(
            "mkdir -p '{0}'; if [ \"$(id -u)\" = 0 ]; then chown nobody '{0}'; as='setpriv --reuid=nobody --regid=nogroup --clear-groups'; fi
             HOME='{0}' exec $as {program} {FLAGS} --user-data-dir='{0}' about:blank 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null",
            profile.display()
        );
        let mut process = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let input = process.stdin.take().expect("a pipe");
        let mut output = BufReader::new(process.stdout.take().expect("a pipe"));
        let (send, messages) = channel();
        thread::spawn(move || {
            loop {
                let mut message = Vec::new();
                match output.read_until(0, &mut message) {
                    Ok(n) if n > 0 => {}
                    _ => return,
                }
                message.pop();
                let message = serde_json::from_slice(&message).expect("JSON from the browser");
                if send.send(message).is_err() {
                    return;
                }
            }
        });
        let mut browser = Browser {
            process,
            profile,
            input,
            messages,
            page: None,
            asked: 0,
        };
        let targets = browser.command("Target.getTargets", json!({}));
        let page = targets["targetInfos"].as_array().expect("targets").iter();
        let page = page.filter(|t| t["type"] == "page").map(|t| &t["targetId"]).next();
        let page = page.expect("a page").clone();
        let attached = browser.command("Target.attachToTarget", json!({ "targetId": page, "flatten": true }));
        browser.page = attached["sessionId"].as_str().map(String::from);
        browser.command("Page.enable", json!({}));
        Some(browser)
    }

    /// Sends a command and waits for its result.
    ///
    /// # Panics
    /// If the browser refuses it, or does not answer.
    pub fn command(&mut self, method: &str, parameters: Value) -> Value {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": parameters });
        if let Some(page) = &self.page {
            message["sessionId"] = json!(page);
        }
        self.input
            .write_all(format!("{message}\0").as_bytes())
            .expect("the browser listens");
        let start = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(start.elapsed());
            let answer = self.messages.recv_timeout(left);
            let mut answer = answer.unwrap_or_else(|e| panic!("{method}: the browser does not answer: {e}"));
            if answer["id"] == self.asked {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
        }
    }

    /// Opens a page and waits until it is loaded.
    pub fn open_page(&mut self, url: &str) {
        self.command("Page.navigate", json!({ "url": url }));
        let ready = format!("document.readyState === 'complete' && location.href === {}", json!(url));
        self.wait_for(&ready);
    }

    /// Waits until an expression is true.
    ///
    /// # Panics
    /// If it never is.
    pub fn wait_for(&mut self, expression: &str) {
        let start = Instant::now();
        while self.value(expression) != json!(true) {
            if start.elapsed() > PATIENCE {
                let shown = self.value("document.body.innerText");
                panic!("this never comes true: {expression}\n{shown:#}");
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The value of an expression of JavaScript, awaited.
    ///
    /// # Panics
    /// If it throws.
    pub fn value(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.command("Runtime.evaluate", parameters);
        let thrown = &answer["exceptionDetails"];
        assert!(thrown.is_null(), "{expression}\nthrows {thrown:#}");
        answer["result"]["value"].take()
    }

    /// The page as a picture: width, height, and its bytes RGB or RGBA.
    ///
    /// # Panics
    /// If it is no PNG picture.
    pub fn screenshot(&mut self, path: &Path) -> (u32, u32, Vec<u8>) {
        let answer = self.command("Page.captureScreenshot", json!({ "captureBeyondViewport": true }));
        let bytes = base64(answer["data"].as_str().expect("a picture"));
        fs::write(path, &bytes).expect("a file");
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("a picture");
        (info.width, info.height, pixels)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may be gone already; what it leaves in the temporary folder harms nobody.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// The bytes of a text in base 64.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
    let mut text = text.as_bytes();
    let mut next = [0u8];
    while text.read(&mut next).unwrap_or(0) > 0 {
        let Some(digit) = DIGITS.iter().position(|d| *d == next[0]) else {
            continue;
        };
        (bits, count) = (bits << 6 | digit as u32, count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
