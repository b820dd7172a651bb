//! The page of `examples/12-web`.

use crate::cases::{array, example};
use crate::{apart, build, numbers, validate};
use gdl_host::files;
use gdl_tests::browser::{Browser, Server};
use gdl_tests::{Scratch, gdl, root};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::f64::consts::PI;
use std::fs;
use std::path::Path;

/// The page of the example: its numbers are those of the CPU, moving the picture changes nothing but places, it looks like something, and it is small.
#[test]
fn the_page_of_the_example() {
    let folder = Scratch::new();
    let (source, program) = (root().join("examples/12-web"), example("12-web/digits.gdl"));
    let weights = example("12-web/weights.safetensors");
    build(
        &program,
        &["--weights", &weights, "--emit", "web", "-o", &folder.path("model")],
    );
    validate(Path::new(&folder.path("model")));
    for file in ["index.html", "style.css", "page.js", "drawing.js", "samples.js"] {
        fs::copy(source.join(file), folder.path(file)).expect("a copy");
    }
    let size = |folder: &Path| -> u64 {
        let entries = fs::read_dir(folder).expect("a folder").flatten();
        let own = entries.filter(|e| {
            let name = e.file_name().to_string_lossy().into_owned();
            e.path().is_file() && !name.ends_with(".safetensors") && !name.ends_with(".d.ts") && name != "package.json"
        });
        own.map(|e| e.metadata().expect("a size").len()).sum()
    };
    let [page, model, runtime] = [".", "model", "model/runtime"].map(|f| size(Path::new(&folder.path(f))));
    assert!(
        page + model + runtime < 200_000,
        "the page has {} bytes",
        page + model + runtime
    );

    let Some(mut browser) = Browser::open("page") else {
        return;
    };
    let server = Server::new(Path::new(&folder.path("")));
    let screen = json!({ "width": 1280, "height": 1200, "deviceScaleFactor": 1, "mobile": false });
    browser.command("Emulation.setDeviceMetricsOverride", screen);
    browser.open_page(&server.url("index.html"));
    browser
        .wait_for("document.documentElement.dataset.state === 'ready' || !document.getElementById('problem').hidden");
    let times = browser.value("[performance.now(), ...Object.values(document.getElementById('speed').dataset)]");
    println!("milliseconds until this is asked, {times}");
    const LOGITS: &str = "[...document.querySelectorAll('#logits data')].map((d) => Number(d.value))";
    let shown = browser.value(LOGITS);
    let cells = browser.value(
        "Promise.all([import('./drawing.js'), import('./samples.js')]).then(([d, s]) => Array.from(d.seen(d.fromCounts(s.SAMPLES[4]))))",
    );
    let images: Vec<f64> = numbers(&cells).iter().map(|x| 16.0 * x).collect();
    let data = folder.path("data.npz");
    files::save_npz(Path::new(&data), [("images", &array(&[1, 8, 8], images))]).expect("a file");
    let ran = gdl(&["run", &program, "--input", &data, "--weights", &weights, "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let want: Value = serde_json::from_str(&ran.out).expect("JSON");
    let want = &want["outputs"]["logits"];
    assert!(apart(&shown, want) <= 1e-5, "{shown} instead of {want}");
    assert!(
        browser
            .value("document.getElementById('answer').textContent")
            .as_str()
            .is_some_and(|t| t.contains("This is a 4"))
    );

    let (width, height, before) = browser.screenshot(Path::new(&folder.path("before.png")));
    assert!(width >= 1200 && height >= 1000);
    for element in [1, 4, 3] {
        browser.value("document.querySelectorAll('.measure').forEach((m) => m.replaceChildren())");
        browser.value(&format!(
            "document.querySelector('[data-element=\"{element}\"]').click()"
        ));
        browser.wait_for("document.querySelectorAll('.measure data').length === 2");
        let differences = browser.value("[...document.querySelectorAll('.measure data')].map((d) => Number(d.value))");
        assert!(
            numbers(&differences).iter().all(|d| *d < 1e-4),
            "{element}: {differences}"
        );
        assert!(apart(&browser.value(LOGITS), want) <= 1e-5, "{element}");
    }
    // r³ f r is r²f, of order two: what is in channel h was in channel r²f h.
    let marks = "[...document.querySelectorAll('#fields .field:not(.heads)')].map((row) => [...row.querySelectorAll('canvas')].map((c) => c.ariaLabel.split(' ').pop()).join(' '))";
    let marks = browser.value(marks);
    assert_eq!(marks, json!(vec!["r²f rf f r³f r² r e r³"; 3]));
    browser.wait_for("document.getAnimations().length === 0");
    let (_, _, after) = browser.screenshot(Path::new(&folder.path("after.png")));
    for picture in [&before, &after] {
        let bytes = picture.len() / (width * height) as usize;
        let colours: HashSet<&[u8]> = picture.chunks(bytes).collect();
        assert!(colours.len() > 100, "{} colours", colours.len());
    }
    assert_ne!(before, after);

    // A ring drawn with a mouse, then cleared and drawn with the keyboard.
    browser.value("document.getElementById('clear').click()");
    browser.wait_for("document.getElementById('answer').textContent === 'Nothing is drawn yet.'");
    let corner =
        browser.value("(({ left, top }) => [left, top])(document.getElementById('drawing').getBoundingClientRect())");
    let corner = numbers(&corner);
    for k in 0..=16 {
        let (sin, cos) = (f64::from(k) * PI / 8.0).sin_cos();
        let kind = match k {
            0 => "mousePressed",
            16 => "mouseReleased",
            _ => "mouseMoved",
        };
        let [x, y] = [corner[0] + 128.0 + 60.0 * sin, corner[1] + 128.0 - 100.0 * cos];
        let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
        browser.command("Input.dispatchMouseEvent", event);
    }
    browser.wait_for("document.getElementById('answer').textContent.startsWith('This is a 0, says the model')");
    browser.value("document.getElementById('clear').click(); document.getElementById('drawing').focus()");
    browser.wait_for("document.getElementById('answer').textContent === 'Nothing is drawn yet.'");
    for key in [" ", "ArrowUp", "ArrowLeft"] {
        for kind in ["keyDown", "keyUp"] {
            browser.command(
                "Input.dispatchKeyEvent",
                json!({ "type": kind, "key": key, "code": key }),
            );
        }
    }
    browser.wait_for("document.getElementById('answer').textContent.startsWith('This is')");

    // Without WebGPU the page says so.
    let gone = json!({ "source": "delete Navigator.prototype.gpu" });
    browser.command("Page.addScriptToEvaluateOnNewDocument", gone);
    browser.open_page(&server.url("index.html?again"));
    browser.wait_for("!document.getElementById('problem').hidden");
    let said = browser.value("document.getElementById('problem').textContent");
    assert!(
        said.as_str().is_some_and(|t| t.contains("this browser has no WebGPU")),
        "{said}"
    );
}
