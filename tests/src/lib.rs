//! What the tests of whole programs share: the `gdl` program with its streams caught, and folders that vanish.
#![forbid(unsafe_code)]

pub mod browser;
pub mod fuzz;
pub mod gpu;

use gdl::repl::{Session as Prompt, is_complete, transcript};
use gdl::report::{Report, Style};
use gdl::session::Session;
use gdl::source::Source;
use gdl_host::files::{self, HostArray};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process, thread};

/// What a run of `gdl` did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its exit code.
    pub code: u8,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs `gdl` with these arguments on a stack of the program's size.
///
/// # Panics
/// If it panics.
pub fn gdl<S: AsRef<str>>(arguments: &[S]) -> Output {
    let mut all = vec!["gdl".to_string()];
    all.extend(arguments.iter().map(|a| a.as_ref().to_string()));
    let work = move || {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = gdl::run(all, &mut out, &mut err, false);
        let text = |b: Vec<u8>| String::from_utf8(b).expect("gdl writes UTF-8");
        Output {
            code,
            out: text(out),
            err: text(err),
        }
    };
    let thread = thread::Builder::new()
        .stack_size(gdl::STACK)
        .spawn(work)
        .expect("a thread");
    thread.join().expect("gdl panicked")
}

/// Checks a program and renders what is said about it, plainly: the text, and whether it is accepted.
pub fn check(path: &str, text: &str) -> (String, bool) {
    let session = Session::new(Source::parse(path, text, &[]));
    let (_, diagnostics) = session.check();
    let program = &session.source.program;
    let texts: Vec<String> = diagnostics
        .iter()
        .map(|d| Report::new(program, d).text(Style::Plain))
        .collect();
    (texts.join("\n"), !diagnostics.iter().any(|d| d.is_error()))
}

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A folder of its own for a test, removed at the end.
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new, empty folder.
    ///
    /// # Panics
    /// If it cannot be made.
    #[allow(clippy::new_without_default)] // every call makes another folder
    pub fn new() -> Scratch {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("gdl-test-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder");
        Scratch(path)
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Writes a file into it and gives its path.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.0.join(name), content).expect("a file");
        self.path(name)
    }
}

/// Weights of a program's model, some positive numbers (variances are among them): the path of the file.
///
/// # Panics
/// If the program has no model, or the file cannot be written.
pub fn weights(folder: &Scratch, program: &str) -> String {
    let listed = gdl(&["params", program, "--json"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    let tensor = |line: &str| {
        let v: Value = serde_json::from_str(line).expect("JSON");
        let axes = v["shape"].as_array().expect("a shape").iter();
        let shape: Vec<usize> = axes.map(|n| n.as_u64().expect("an axis") as usize).collect();
        let len: usize = shape.iter().product();
        let data: Vec<f32> = (0..len).map(|k| 0.6 + 0.4 * ((k + 3) as f32 * 1.3).cos()).collect();
        let array = HostArray::new(&shape, data).expect("an array");
        (v["name"].as_str().expect("a name").to_string(), array)
    };
    let path = folder.path("weights.safetensors");
    let tensors = listed.out.lines().map(tensor).collect();
    files::save_tensors(Path::new(&path), &tensors, &Default::default()).expect("a file");
    path
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder that is left behind in the temporary folder harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An input and what should be printed for it.
struct Turn {
    input: String,
    output: String,
}

fn turns(text: &str) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for line in text.lines() {
        let (input, more) = (line.strip_prefix("> "), line.strip_prefix(". "));
        match (input, more, turns.last_mut()) {
            (Some(input), _, _) => turns.push(Turn {
                input: format!("{input}\n"),
                output: String::new(),
            }),
            (None, Some(more), Some(turn)) if turn.output.is_empty() => turn.input += &format!("{more}\n"),
            (_, _, Some(turn)) => turn.output += &format!("{line}\n"),
            (_, _, None) => assert!(line.is_empty(), "a transcript begins with an input: {line}"),
        }
    }
    turns
}

/// Replays a transcript of a session, inputs after `> ` (going on after `. `) with what is printed below them: what differs.
///
/// # Panics
/// If the session does.
pub fn replay(name: &str, text: &str) -> Vec<String> {
    let (name, text) = (name.to_string(), text.to_string());
    let work = move || {
        let mut session = Prompt::new();
        let mut wrong = Vec::new();
        for turn in turns(&text) {
            assert!(is_complete(&turn.input), "{name}: {} goes on", turn.input);
            let (printed, next) = transcript(&session, &turn.input);
            session = next;
            // Blank lines between turns are for the reader.
            if printed.trim_end() != turn.output.trim_end() {
                wrong.push(format!("{name}: > {}{printed}", turn.input));
            }
        }
        wrong
    };
    let thread = std::thread::Builder::new().stack_size(gdl::STACK).spawn(work);
    thread.expect("a thread").join().expect("the session panicked")
}
