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

/// Help fits a terminal of 80 columns, but for long examples.
#[test]
fn help_is_narrow() {
    let mut inputs = vec![":help".to_string()];
    for (_, methods) in gdl::repl::methods::TABLES {
        inputs.extend(methods.iter().map(|m| format!(":help {}", m.name)));
    }
    for text in session(&inputs) {
        for line in text
            .lines()
            .skip(1)
            .filter(|l| !l.starts_with("  > ") && !l.starts_with("  . "))
        {
            assert!(line.chars().count() <= 80 || line.contains("   for "), "{line}");
        }
    }
}

/// What a session prints for inputs, one after the other.
fn session(inputs: &[String]) -> Vec<String> {
    std::env::set_current_dir(root()).expect("the root");
    let inputs = inputs.to_vec();
    let work = move || {
        let mut session = Session::new();
        let mut printed = vec![];
        for input in inputs {
            let (text, next) = transcript(&session, &input);
            session = next;
            printed.push(text);
        }
        printed
    };
    let thread = std::thread::Builder::new().stack_size(gdl::STACK).spawn(work);
    thread.expect("a thread").join().expect("the session panicked")
}

/// Numbers in a text.
fn numbers(text: &str) -> Vec<f64> {
    let word = |c: char| !c.is_ascii_digit() && !"+-.e".contains(c);
    text.split(word).filter_map(|w| w.parse().ok()).collect()
}

/// A model with attached weights gives at the prompt what `gdl run` gives.
#[test]
fn models_with_weights_run_as_elsewhere() {
    let inputs = [
        ":load examples/12-web/digits.gdl",
        "Trained = weights(Digits, \"examples/12-web/weights.safetensors\")",
        "Trained(Digits8.test[0]).logits",
        "Trained(Digits8.test[41].x).logits",
        "equivariance(Trained, D(4).r * D(4).s, Digits8.test[7].x)",
    ];
    let printed = session(&inputs.map(String::from));
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_gdl-process"))
        .args([
            "run",
            "examples/12-web/digits.gdl",
            "--input",
            "examples/01-digits/digits8x8.npz",
            "--fold",
            "test",
        ])
        .args([
            "--weights",
            "examples/12-web/weights.safetensors",
            "--dtype",
            "f64",
            "--json",
        ])
        .current_dir(root())
        .output()
        .expect("gdl run");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = &json["outputs"]["logits"];
    for (text, row) in [(&printed[2], 0), (&printed[3], 41)] {
        let found = numbers(text);
        let expected: Vec<f64> = (0..10).map(|k| rows[row][k].as_f64().expect("a number")).collect();
        assert_eq!(found.len(), 10, "{text}");
        // Six digits are shown.
        let near = |(x, y): (&f64, &f64)| (x - y).abs() <= 1e-5 * y.abs().max(1e-3);
        assert!(found.iter().zip(&expected).all(near), "{text} is not {expected:?}");
        assert!(expected.iter().any(|x| x.abs() > 1.0), "untrained");
    }
    assert!(printed[4].contains("equal up to rounding"), "{}", printed[4]);
}

/// An element acts on a whole sample, positions and fields alike, and on all that a model gives.
#[test]
fn samples_are_acted_on() {
    let inputs = [
        ":load examples/06-potential/potential.gdl",
        "equivariance(Potential, O(3).random(3), Ethanol[5])",
        ":load examples/05-egnn/nbody.gdl",
        "equivariance(Particles, O(3).random(4), Bodies.test[1])",
        ":load examples/07-mesh/slope.gdl",
        "equivariance(Slope, SO(3).random(5), Spheres[2])",
    ];
    let printed = session(&inputs.map(String::from));
    for k in [1, 3, 5] {
        assert!(
            printed[k].starts_with("f(g x) and g f(x): equal up to rounding"),
            "{}",
            printed[k]
        );
    }
}

/// The contents of elements `name` of an SVG, in order.
fn texts(svg: &str, name: &str) -> Vec<String> {
    let open = format!("<{name}");
    svg.split(open.as_str())
        .skip(1)
        .filter_map(|part| {
            let rest = &part[part.find('>')? + 1..];
            Some(rest[..rest.find('<')?].trim().to_string())
        })
        .collect()
}

/// The Hasse diagram of D(4): eight classes of subgroups on four levels, eleven lines.
#[test]
fn lattices_hold_classes_and_covers() {
    let folder = gdl_tests::Scratch::new();
    let file = folder.path("lattice.svg");
    let printed = session(&[format!("lattice(D(4), \"{file}\")")]);
    assert!(printed[0].starts_with("subgroups of D(4) in "), "{}", printed[0]);
    let svg = fs::read_to_string(&file).expect("a picture");
    let lines = svg.matches("<polyline").count() + svg.matches("<line").count() + svg.matches("<path").count();
    assert_eq!(lines, 11, "{svg}");
    let words = texts(&svg, "text");
    // Orders to the left; two classes have two conjugates each.
    for order in ["1", "2", "4", "8"] {
        assert_eq!(words.iter().filter(|w| *w == order).count(), 1, "{words:?}");
    }
    assert_eq!(words.iter().filter(|w| w.ends_with(" x2")).count(), 2, "{words:?}");
    assert_eq!(words.len(), 8 + 4, "{words:?}");
}

/// A surface shows faces in the colours of their values.
#[test]
fn surfaces_hold_faces_in_colours() {
    let folder = gdl_tests::Scratch::new();
    let (svg, png) = (folder.path("f.svg"), folder.path("f.png"));
    let inputs = [
        "f = on_sphere((1o)(0, 0, 1), 2)".to_string(),
        format!("plot(f, \"{svg}\")"),
        format!("plot(f, \"{png}\")"),
    ];
    session(&inputs);
    let text = fs::read_to_string(&svg).expect("a picture");
    let faces = text.matches("<polygon").count();
    // All triangles of an icosahedron divided twice, those behind painted over.
    assert_eq!(faces, 320);
    // z is positive on the side that is seen from the front and above, negative below: both colours occur.
    let fills: Vec<[u8; 3]> = text
        .split("fill=\"#")
        .skip(1)
        .filter_map(|part| {
            let byte = |k: usize| u8::from_str_radix(part.get(k..k + 2)?, 16).ok();
            Some([byte(0)?, byte(2)?, byte(4)?])
        })
        .collect();
    let redder = fills.iter().filter(|c| c[0] > c[2].saturating_add(30)).count();
    let bluer = fills.iter().filter(|c| c[2] > c[0].saturating_add(30)).count();
    assert!(
        redder > 10 && bluer > 10,
        "{redder} red, {bluer} blue of {}",
        fills.len()
    );
    let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(&png).expect("a file")));
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("an image");
    let colours = |f: &dyn Fn(&[u8]) -> bool| pixels[..info.buffer_size()].chunks(3).filter(|p| f(p)).count();
    let (red, blue) = (
        colours(&|p| p[0] > p[2].saturating_add(30)),
        colours(&|p| p[2] > p[0].saturating_add(30)),
    );
    // The ball covers half of the square or more.
    let all = (info.width * info.height) as usize;
    assert!(
        red > all / 100 && blue > all / 100 && red + blue < all,
        "{red} red, {blue} blue of {all}"
    );
}

/// On a mesh that the group maps to itself, values move from vertex to vertex; tangent vectors turn into the frames that they come to.
#[test]
fn fields_on_symmetric_meshes() {
    let inputs = [
        "m = mesh[octahedron]",
        "x = on([1, 2, 3, 4, 5, 6], m)",
        "isotypic(x, O)",
        "V = SO(2).irrep(1)",
        "v = on([[1, 0], [0, 1], [1, 1], [2, 0], [0, 3], [1, 2]], m, V)",
        "u = O[3](O[5](v)) - (O[3] * O[5])(v)",
        "sum i: norm2(u[i])",
        "sum i: norm2(O[3](v)[i])",
        "sum i: norm2(O[3](v)[i] - v[i])",
        "p = graph[0->1, 1->2, 0->2]",
        "e: p.edges -> 1 = [1, 10, 100]",
        "h = on([[1], [2], [4]], p)",
        "y[i] = sum k: j -> i in p.edges: e[k] * h[j]",
        "g = S(3)[(1 2 3)]",
        "a = g(e)",
        "b = g(h)",
        "q = a.domain",
        "z[i] = sum k: j -> i in q.edges: a[k] * b[j]",
        "sum i: norm2(z[i] - g(y)[i])",
    ];
    let printed = session(&inputs.map(String::from));
    // Functions on the vertices of an octahedron are 1 + E + T1: 21/6, the means of opposite vertices less that, and the differences.
    assert!(
        printed[2].starts_with("1 = ") && printed[2].contains("irrep(E) = ") && printed[2].contains("irrep(T1) = ")
    );
    let parts: Vec<f64> = printed[2].lines().filter_map(|l| l.trim().parse().ok()).collect();
    let expected = [
        [3.5; 6],
        [-2.0, -2.0, 0.0, 0.0, 2.0, 2.0],
        [-0.5, 0.5, -0.5, 0.5, -0.5, 0.5],
    ]
    .concat();
    assert_eq!(parts, expected);
    let value = |k: usize| numbers(&printed[k]).first().copied().unwrap_or(f64::NAN);
    // It is an action, by orthogonal maps, and not the trivial one.
    assert!(value(6) < 1e-20, "{}", printed[6]);
    assert!(
        (value(7) - (1.0 + 1.0 + 2.0 + 4.0 + 9.0 + 5.0)).abs() < 1e-9,
        "{}",
        printed[7]
    );
    assert!(value(8) > 0.1, "{}", printed[8]);
    // Values on edges go with the edges.
    assert!(value(18) < 1e-20 && printed[18].starts_with('0'), "{}", printed[18]);
}
