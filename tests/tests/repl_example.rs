//! The session of `examples/10-repl` does what its transcript says, and draws its pictures.

use gdl_tests::{Scratch, root};
use std::fs;

#[test]
fn the_example_session_is_what_it_prints() {
    let source = root().join("examples/10-repl").canonicalize().expect("the example");
    let scratch = Scratch::new();
    let folder = scratch.path("10-repl");
    // Where the session finds a trained model.
    for file in [
        "12-web/digits.gdl",
        "12-web/weights.safetensors",
        "01-digits/digits8x8.npz",
    ] {
        let to = std::path::PathBuf::from(scratch.path(file));
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(root().join("examples").join(file), to).expect("a copy");
    }
    fs::create_dir_all(&folder).expect("a folder");
    let copied = |e: fs::DirEntry| {
        let name = e.file_name().into_string().expect("a name");
        if name.ends_with(".png") {
            fs::copy(e.path(), format!("{folder}/{name}")).expect("a copy");
        }
        name
    };
    let names: Vec<String> = fs::read_dir(&source)
        .expect("a folder")
        .map(|e| copied(e.expect("an entry")))
        .collect();
    let text = fs::read_to_string(source.join("session.txt")).expect("a transcript");
    // Files are named relative to the current folder; this test is alone in its process.
    std::env::set_current_dir(&folder).expect("the folder");
    let wrong = gdl_tests::replay("session.txt", &text);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for name in names.iter().filter(|n| n.ends_with(".svg")) {
        let (old, new) = (fs::read(source.join(name)), fs::read(name));
        assert!(
            old.expect("a picture") == new.expect("a picture"),
            "{name} is another picture"
        );
    }
}
