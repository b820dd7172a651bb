//! What is said when something is wrong.

use gdl_tests::browser::Browser;
use serde_json::Value;

/// Errors of the package of digits, `case0`.
pub fn whatever_is_wrong_is_said(browser: &mut Browser, call: &Value) {
    let x = "x: new Float32Array(64)";
    let argument = [
        ("{}", "ArgumentError: `img` is missing"),
        ("null", "ArgumentError: `inputs` must be an object"),
        (
            "{ img: [8, 8], x: [1, 2] }",
            "ArgumentError: `x` must be a Float32Array",
        ),
        (
            "{ img: [8, 8], x: new Float32Array(63) }",
            "ArgumentError: `x` has 63 numbers, but a multiple of 64 is needed",
        ),
        (
            "{ img: [8, 8], x: new Float32Array(64).fill(NaN) }",
            "ArgumentError: `x` holds NaN at 0",
        ),
        (
            &format!("{{ img: [8, 8, 1], {x} }}"),
            "ArgumentError: `img` must be the 2 extents",
        ),
        (
            &format!("{{ img: [8, 8], {x}, y: 1 }}"),
            "ArgumentError: `y` is no argument; there are img, x",
        ),
        (
            "{ img: [7, 7], x: new Float32Array(49) }",
            "GdlError: a grid axis of 7 cells cannot be covered",
        ),
    ];
    for (inputs, said) in argument {
        let got = browser.value(&format!("model('case0').then((m) => failure(m.forward({inputs})))"));
        assert!(got.as_str().is_some_and(|g| g.contains(said)), "{inputs}: {got}");
    }
    let graph = [
        (
            "{ member: new Float32Array(68), g_edges: Int32Array.of(0, 2) }",
            "`g_edges` has node 2 in edge 0, but there are 2 nodes",
        ),
        (
            "{ member: new Float32Array(68), g_edges: Int32Array.of(0, 1, 1) }",
            "`g_edges` has 3 numbers, but a multiple of 2 is needed",
        ),
        (
            "{ member: new Float32Array(68), g_edges: Float32Array.of(0, 1) }",
            "`g_edges` must be an Int32Array",
        ),
        (
            "{ member: new Float32Array(68), g_edges: Int32Array.of(0, 1), g_ptr: Int32Array.of(0, 1, 2) }",
            "has edge 0 from sample 0 to sample 1",
        ),
        (
            "{ member: new Float32Array(68), g_edges: Int32Array.of(), g_ptr: Int32Array.of(0, 3) }",
            "`member` has 68 numbers, but 102 are needed",
        ),
        (
            "{ member: new Float32Array(68), g_edges: Int32Array.of(), g_ptr: Int32Array.of(1, 2) }",
            "`g_ptr` must be offsets that ascend from 0",
        ),
    ];
    for (inputs, said) in graph {
        let got = browser.value(&format!("model('case2').then((m) => failure(m.forward({inputs})))"));
        assert!(got.as_str().is_some_and(|g| g.contains(said)), "{inputs}: {got}");
    }
    let got = browser.value(
        "model('case5').then((m) => failure(m.forward({ m_pos: new Float32Array(6), z: Int32Array.of(1, 7) })))",
    );
    assert!(
        got.as_str()
            .is_some_and(|g| g.contains("`z` has 7 at 1, which is not one of 1, 6, 8")),
        "{got}"
    );

    // A device of the caller with the limits that all devices have; then it is lost during a call.
    let lost = format!(
        "(async () => {{
          const {{ load }} = await import('./case0/index.js');
          const device = await (await navigator.gpu.requestAdapter()).requestDevice();
          const model = await load({{ device }});
          const large = await failure(model.forward({{ img: [8, 8], x: new Float32Array(64 * 3000) }}));
          const small = plain(await model.forward(given({call})));
          const running = failure(model.forward(given({call})));
          device.destroy();
          return {{ large, small, during: await running, after: await failure(model.forward(given({call}))) }};
        }})()"
    );
    let got = browser.value(&lost);
    let large = got["large"].as_str().expect("a text");
    assert!(
        large.starts_with("LimitError: ") && large.contains("maxStorageBufferBindingSize is 134,217,728"),
        "{large}"
    );
    assert_eq!(got["small"]["output"].as_array().map(Vec::len), Some(20));
    for when in ["during", "after"] {
        let said = got[when].as_str().expect("a text");
        assert!(said.starts_with("DeviceLostError: "), "{when}: {said}");
    }

    // Weights of another model, and what is none.
    let got = browser.value(
        "(async () => {
          const { load } = await import('./case0/index.js');
          const other = await (await fetch('./case1/weights.safetensors')).arrayBuffer();
          return [
            await failure(load({ weights: './case1/weights.safetensors' })),
            await failure(load({ weights: other.slice(0, 100) })),
            await failure(load({ weights: './nowhere.safetensors' })),
          ];
        })()",
    );
    let said = ["was written for another model", "is cut off", "cannot be fetched: 404"];
    for (got, said) in got.as_array().expect("texts").iter().zip(said) {
        let got = got.as_str().expect("a text");
        assert!(got.starts_with("FileError: ") && got.contains(said), "{got}");
    }

    // Browsers without WebGPU, or without a device for it.
    let got = browser.value(
        "(async () => {
          const { load } = await import('./case0/index.js');
          const replaced = (gpu) => Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
          const got = [];
          for (const gpu of [undefined, { requestAdapter: async () => null }]) { replaced(gpu); got.push(await failure(load())); }
          delete navigator.gpu;
          return got;
        })()",
    );
    let said = ["this browser has no WebGPU", "no graphics device for it"];
    for (got, said) in got.as_array().expect("texts").iter().zip(said) {
        let got = got.as_str().expect("a text");
        assert!(got.starts_with("WebGpuError: ") && got.contains(said), "{got}");
    }
}
