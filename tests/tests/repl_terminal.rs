//! The prompt in a terminal: Ctrl-C stops a computation and not the session, and what is pasted in several lines is one input.
#![cfg(target_os = "linux")]

use gdl_tests::Scratch;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A session in a terminal of its own.
struct Terminal {
    child: Child,
    keys: File,
    screen: Receiver<Vec<u8>>,
    seen: String,
    _folder: Scratch,
}

impl Terminal {
    fn start() -> Terminal {
        let folder = Scratch::new();
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("a terminal");
        unlockpt(&master).expect("a terminal");
        let name = ptsname(&master, Vec::new())
            .expect("a name")
            .into_string()
            .expect("a name");
        let open = || {
            OpenOptions::new()
                .read(true)
                .write(true)
                .open(&name)
                .expect("the terminal")
        };
        let child = Command::new(env!("CARGO_BIN_EXE_gdl-process"))
            .arg("repl")
            .env("XDG_STATE_HOME", folder.path("state"))
            .env("TERM", "xterm")
            .env("GDL_CACHE", "")
            .stdin(open())
            .stdout(open())
            .stderr(open())
            .spawn()
            .expect("gdl");
        let keys = File::from(master);
        let mut reader = keys.try_clone().expect("a handle");
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        let mut terminal = Terminal {
            child,
            keys,
            screen,
            seen: String::new(),
            _folder: folder,
        };
        terminal.wait_for("gdl> ");
        terminal
    }

    /// The threads of the process.
    fn threads(&self) -> usize {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        tasks.expect("a process").count()
    }

    fn type_keys(&mut self, text: &str) {
        self.seen.clear();
        self.keys.write_all(text.as_bytes()).expect("the terminal");
    }

    /// Waits until a text has appeared since the last keys.
    fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        while !self.seen.contains(text) {
            let left = end.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(bytes) => self.seen += &String::from_utf8_lossy(&bytes),
                Err(_) => panic!("`{text}` does not appear after {:?}", self.seen),
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // One that has ended needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ctrl-C while an input that would take long is worked at: the session goes on, and the computation does not.
fn interrupted((setup, answer): (&str, &str), input: &str) {
    let mut terminal = Terminal::start();
    let before = terminal.threads();
    terminal.type_keys("x = 41\r");
    terminal.wait_for("x = 41");
    terminal.type_keys(&format!("{setup}\r"));
    terminal.wait_for(answer);
    let end = Instant::now() + Duration::from_secs(60);
    while terminal.threads() > before {
        assert!(Instant::now() < end, "`{setup}` does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    terminal.type_keys(&format!("{input}\r"));
    while terminal.threads() == before {
        assert!(Instant::now() < end, "`{input}` does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(200));
    let id = Pid::from_raw(terminal.child.id() as i32).expect("a process");
    kill_process(id, Signal::INT).expect("a signal");
    terminal.wait_for("interrupted");
    terminal.wait_for("gdl> ");
    // Its thread ends, too.
    let end = Instant::now() + Duration::from_secs(60);
    while terminal.threads() > before {
        assert!(Instant::now() < end, "the computation goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
    terminal.type_keys("x + 1\r");
    terminal.wait_for("42");
    terminal.type_keys(":quit\r");
    assert!(terminal.child.wait().expect("an end").success());
}

#[test]
fn an_interrupt_stops_the_computation_and_not_the_session() {
    // 232 maps with 19683 entries each.
    interrupted(
        ("V = SO(3).vector", "dimension 3"),
        "basis(hom(V * V * V * V * V, V * V * V * V))",
    );
}

#[test]
fn an_interrupt_stops_compiled_code() {
    // A sine of a sine of … for 10242² pairs: a minute of work in one kernel.
    let (open, close) = ("sin(".repeat(60), ")".repeat(60));
    let input = format!("sum i: sum j: {open}f[i] * f[j]{close}");
    interrupted(("f = on_sphere((0e + 1o)(1, 2, 3, 4), 5)", "10242 rows"), &input);
}

#[test]
fn pasted_lines_are_one_input() {
    let mut terminal = Terminal::start();
    terminal.type_keys("\x1b[200~layer twice(x: a) -> a {\n  2 * x\n}\ny = twice(21)\x1b[201~");
    terminal.wait_for("twice(21)");
    terminal.type_keys("\r");
    terminal.wait_for("y = 42");
    terminal.type_keys(":quit\r");
    assert!(terminal.child.wait().expect("an end").success());
}
