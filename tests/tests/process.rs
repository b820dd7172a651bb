//! Training in a process that is interrupted or killed, and goes on.

use gdl_host::files::{self, HostArray};
use gdl_host::rng::Rng;
use gdl_host::train::read_notes;
use gdl_tests::Scratch;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

const MODEL: &str = "
model Count(s: set, x: s -> 3) -> 10 {
  h[i] = mlp(x[i], [WIDTHS, 16])
  mlp(sum i: dropout(h[i], 0.1), [16, 10])
}

data Points from \"points.npz\" {
  s: set
  x: s -> 3
  label: class(10)
  fold = split(val = 0.1, test = 0.1)
}

train Count on Points {
  loss ce = mean a in batch: cross_entropy(output[a], label[a])
  optimizer = adamw(one_cycle(1e-2))
  epochs = EPOCHS
  batch = 16
  average = 0.9
  checkpoint = 3
  seed = 1
}
";

/// A folder with a program and its data: sets whose labels count the elements that begin with 1.
fn project(folder: &Scratch, epochs: usize, widths: &str, elements: usize) -> String {
    let mut rng = Rng::new(3);
    let (mut x, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..160 {
        let count = rng.below(10);
        labels.push(count as i64);
        for k in 0..elements as u64 {
            x.push(f32::from(u8::from(k < count)));
            x.extend([rng.normal() as f32, rng.normal() as f32]);
        }
    }
    let x = HostArray::new(&[160, elements, 3], x).expect("an array");
    let arrays = [("x", &x), ("label", &labels.into())];
    files::save_npz(Path::new(&folder.path("points.npz")), arrays).expect("a file");
    let text = MODEL.replace("EPOCHS", &epochs.to_string()).replace("WIDTHS", widths);
    folder.file("count.gdl", text)
}

/// Starts `gdl train`.
fn start(program: &str, out: &str, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_gdl-process"))
        .args(["train", program, "--out", out, "--threads", "1"])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

/// Runs `gdl train` to its end.
fn finish(program: &str, out: &str, more: &[&str]) -> Output {
    start(program, out, more).wait_with_output().expect("an end")
}

fn send(child: &Child, signal: &str) {
    // The shell has it built in; not every machine has the program.
    let sent = Command::new("sh")
        .args(["-c", &format!("kill {signal} {}", child.id())])
        .status();
    assert!(sent.expect("a shell").success(), "the process is gone already");
}

/// Waits until the process has written a checkpoint, or has ended.
fn wait_for_checkpoint(child: &mut Child, out: &str) {
    let last = Path::new(out).join("last.safetensors");
    let before = fs::read(&last).ok();
    while fs::read(&last).ok() == before && child.try_wait().expect("a state").is_none() {
        sleep(Duration::from_millis(2));
    }
}

/// What two runs must have in common: all weights and the state of training, metrics without times.
fn same(a: &str, b: &str) {
    for name in ["best.safetensors", "last.safetensors"] {
        let read = |folder: &str| fs::read(Path::new(folder).join(name)).expect("a checkpoint");
        assert!(read(a) == read(b), "{name} differs");
    }
    let metrics = |folder: &str| {
        let text = fs::read_to_string(Path::new(folder).join("metrics.jsonl")).expect("metrics");
        let record = |line: &str| {
            let mut all: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).expect("a record");
            all.retain(|name, _| !name.contains("second"));
            all
        };
        text.lines().map(record).collect::<Vec<_>>()
    };
    assert_eq!(metrics(a), metrics(b));
    let left = fs::read_dir(b).expect("a folder").flatten().map(|e| e.file_name());
    let left: Vec<_> = left.filter(|n| n.to_string_lossy().ends_with(".tmp")).collect();
    assert!(left.is_empty(), "{left:?} is left behind");
}

#[test]
fn a_run_that_is_killed_again_and_again_ends_as_one_that_is_not() {
    let folder = Scratch::new();
    let program = project(&folder, 60, "16", 9);
    let (whole, cut) = (folder.path("whole"), folder.path("cut"));
    let run = finish(&program, &whole, &[]);
    assert!(run.status.success(), "{run:?}");
    let steps = |folder: &str| {
        let notes = read_notes(&Path::new(folder).join("last.safetensors"));
        notes.expect("a checkpoint").step
    };
    let mut rng = Rng::new(std::process::id().into());
    for round in 0..5 {
        let mut child = start(&program, &cut, &["--resume"]);
        // Every other one while it starts.
        if round % 2 == 0 {
            wait_for_checkpoint(&mut child, &cut);
        }
        sleep(Duration::from_micros(rng.below(100_000)));
        child.kill().expect("a process");
        child.wait().expect("an end");
        assert!(
            round > 0 || steps(&cut) < steps(&whole),
            "it ended before it was killed"
        );
    }
    let run = finish(&program, &cut, &["--resume"]);
    assert!(run.status.success(), "{run:?}");
    same(&whole, &cut);
}

#[test]
fn ctrl_c_saves_and_says_how_to_go_on() {
    let folder = Scratch::new();
    let program = project(&folder, 40, "16", 9);
    let (whole, cut) = (folder.path("whole"), folder.path("c u t"));
    assert!(finish(&program, &whole, &[]).status.success());
    let mut child = start(&program, &cut, &[]);
    wait_for_checkpoint(&mut child, &cut);
    send(&child, "-INT");
    let run = child.wait_with_output().expect("an end");
    assert_eq!(run.status.code(), Some(130), "{run:?}");
    let err = String::from_utf8(run.stderr).expect("text");
    assert!(err.contains("interrupted after "), "{err}");
    let last = err.lines().last().expect("a line").trim();
    assert_eq!(last, format!("gdl train {program} --out '{cut}' --threads 1 --resume"));
    let run = finish(&program, &cut, &["--resume"]);
    assert!(run.status.success(), "{run:?}");
    same(&whole, &cut);
    let json = finish(&program, &cut, &["--resume", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).expect("a report");
    assert_eq!(
        (&report["stop"], &report["resume"]),
        (&"finished".into(), &serde_json::Value::Null)
    );
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let folder = Scratch::new();
    // A step takes seconds.
    let program = project(&folder, 1, "2048, 2048", 400);
    let out = folder.path("run");
    let mut child = start(&program, &out, &[]);
    let mut err = BufReader::new(child.stderr.take().expect("a stream"));
    let mut line = String::new();
    err.read_line(&mut line).expect("a line");
    assert!(line.starts_with("Count: "), "{line}");
    while !Path::new(&out).exists() {
        sleep(Duration::from_millis(5));
    }
    send(&child, "-INT");
    sleep(Duration::from_millis(300));
    assert!(child.try_wait().expect("a state").is_none(), "the first ended it");
    send(&child, "-INT");
    assert_eq!(child.wait().expect("an end").code(), Some(130));
    let mut rest = String::new();
    err.read_to_string(&mut rest).expect("text");
    assert_eq!(rest, "");
    assert!(!Path::new(&out).join("last.safetensors").exists());
}
