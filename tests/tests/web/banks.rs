//! Reals in several bindings.

use crate::{PAGE, build, numbers, weights};
use gdl_tests::Scratch;
use gdl_tests::browser::{Browser, Server};
use std::path::Path;

/// Two results of 88 MB on a device whose bindings have 128 MiB, as every device has: each row is what it is in a small batch, to the bit.
#[test]
fn batches_grow_out_of_a_binding() {
    const TWO: &str = "model Two (s: set, x: s -> 1) -> (y: s -> 1024, z: s -> 1024) {
  y = linear(x, 1024)
  (y = y, z = silu(y))
}
";
    let folder = Scratch::new();
    let program = folder.file("two.gdl", TWO);
    let weights = weights(&folder, &program);
    let package = folder.path("two");
    build(&program, &["--weights", &weights, "--emit", "web", "-o", &package]);
    let Some(mut browser) = Browser::open("banks") else {
        return;
    };
    let server = Server::new(Path::new(&folder.path("")));
    folder.file("page.html", PAGE);
    browser.open_page(&server.url("page.html"));
    let found = browser.value(
        "(async () => {
          const adapter = await navigator.gpu.requestAdapter();
          const two = await (await import('./two/index.js')).load({ device: await adapter.requestDevice() });
          const n = 22000;
          const x = Float32Array.from({ length: n }, (_, k) => Math.cos(k));
          const part = (from) => two.forward({ x: x.slice(from, from + 500) });
          const before = [await part(0), await part(n - 500)];
          const all = await two.forward({ x });
          const after = [await part(0), await part(n - 500)];
          const names = Object.keys(all);
          const same = (parts) => parts.every((p, k) => names.every((name) => {
            const start = k * (n - 500) * 1024;
            return p[name].length === 500 * 1024 && p[name].every((v, j) => v === all[name][start + j]);
          }));
          const refused = await failure(two.forward({ x: new Float32Array(40000) }));
          return [names.length, Number(same(before)), Number(same(after)), all[names[1]].length, refused];
        })()",
    );
    assert_eq!(
        numbers(&found.as_array().expect("a list")[..4].to_vec().into()),
        [2.0, 1.0, 1.0, 22_528_000.0]
    );
    let refused = found[4].as_str().expect("a text");
    assert!(
        refused.starts_with("LimitError: ")
            && refused.contains("163,840,000 where the device's maxStorageBufferBindingSize is 134,217,728"),
        "{refused}"
    );
}
