//! Sessions: transcripts are inputs after `> ` (going on after `. `) with what is printed below them.

use gdl::repl::{Session, transcript};
use gdl_tests::{replay, root};
use std::fs;
use std::path::Path;

/// The blocks of a page in a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let open = format!("```{language}\n");
    page.split(open.as_str())
        .skip(1)
        .filter_map(|b| b.split("\n```").next())
        .collect()
}

#[test]
fn transcripts() {
    // Files are named relative to the root of the project.
    std::env::set_current_dir(root()).expect("the root");
    let mut wrong = Vec::new();
    let mut files: Vec<_> = fs::read_dir("tests/data/repl")
        .expect("a folder")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == "txt"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).expect("a transcript");
        wrong.extend(replay(&file.to_string_lossy(), &text));
    }
    for page in ["spec/repl.md"] {
        let text = fs::read_to_string(Path::new(page)).expect("a page");
        for block in blocks(&text, "repl") {
            wrong.extend(replay(page, block));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_example_works() {
    std::env::set_current_dir(root()).expect("the root");
    let mut wrong = Vec::new();
    for (_, methods) in gdl::repl::methods::TABLES {
        for m in methods {
            let input = format!("{}\n", m.example);
            assert!(m.example.contains(m.name), "`{}` is not in its example", m.name);
            let work = move || transcript(&Session::new(), &input).0;
            let thread = std::thread::Builder::new().stack_size(gdl::STACK).spawn(work);
            let printed = thread.expect("a thread").join().expect("the session panicked");
            if printed.contains("error") || printed.is_empty() {
                wrong.push(format!("{}: {printed}", m.example));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A picture as PNG has the colours of its shapes.
#[test]
fn pictures_are_written_as_png() {
    let folder = gdl_tests::Scratch::new();
    let file = folder.path("square.png");
    let input = format!("plot(grid([[1, 0], [0, 0]]), \"{file}\")\n");
    let printed = transcript(&Session::new(), &input).0;
    assert!(printed.starts_with("2 x 2 image in "), "{printed}");
    let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(file).expect("a file")));
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("an image");
    let at = |x: u32, y: u32| {
        let k = ((y * info.width + x) * 3) as usize;
        [pixels[k], pixels[k + 1], pixels[k + 2]]
    };
    let (w, h) = (info.width, info.height);
    assert_eq!(at(2, 2), [255; 3]);
    assert_eq!(at(w / 4 + 20, h / 4 + 20), [8, 48, 107]);
    assert_eq!(at(w * 3 / 4 - 20, h / 4 + 20), [247, 251, 255]);
}
