//! `examples/11-deploy`: molecular dynamics from C, C++, Rust and Python.

use super::tools::{build, have, numbers, run, said};
use gdl_tests::{Scratch, gdl, root};
use std::process::Command;

/// The potential of the examples, hardly trained, as a library and a package.
fn potential(folder: &Scratch) -> String {
    let source = root().join("examples/06-potential/potential.gdl").display().to_string();
    let out = folder.path("run");
    let trained = gdl(&["train", &source, "--epochs", "2", "--out", &out]);
    assert_eq!(trained.code, 0, "{trained:?}");
    let weights = format!("{out}/best.safetensors");
    let (dist, package) = (folder.path("dist"), folder.path("potential-py"));
    build(
        &source,
        &[
            "--weights",
            &weights,
            "--dtype",
            "f64",
            "--with",
            "grad",
            "--emit",
            "lib",
            "-o",
            &dist,
        ],
    );
    build(
        &source,
        &[
            "--weights",
            &weights,
            "--dtype",
            "f64",
            "--with",
            "grad",
            "--emit",
            "python",
            "-o",
            &package,
        ],
    );
    folder.path(".")
}

#[test]
fn the_deployment_example_runs() {
    let folder = Scratch::new();
    let at = potential(&folder);
    let example = root().join("examples/11-deploy").display().to_string();
    run(
        &at,
        &format!("cc -std=c99 -O2 -Wall -Wextra -Werror -pedantic {example}/md.c -Idist -Ldist -lpotential -lm -o md"),
    );
    let moved = numbers(
        &Command::new("sh")
            .args(["-c", "./md 1000 2>energy"])
            .current_dir(&at)
            .env("LD_LIBRARY_PATH", "dist")
            .output()
            .expect("it runs"),
    );
    assert_eq!(moved.len(), 27);
    let drift = std::fs::read_to_string(folder.path("energy")).expect("a text");
    let drift: f64 = drift
        .rsplit(' ')
        .nth(1)
        .and_then(|w| w.parse().ok())
        .unwrap_or_else(|| panic!("{drift}"));
    assert!(drift.abs() < 0.02, "the total energy is not conserved: {drift} eV");
    run(
        &at,
        &format!(
            "c++ -std=c++11 -Wall -Wextra -Werror -pedantic {example}/forces.cpp -Idist -Ldist -lpotential -pthread -o forces"
        ),
    );
    let agree = said(&run(&at, "./forces"));
    assert!(agree.starts_with("forces and energies agree"), "{agree}");
    run(
        &at,
        &format!("rustc --edition 2024 {example}/energy.rs -L dist -l potential -o energy-rs"),
    );
    let energy = said(&run(&at, "./energy-rs"));
    assert!(energy.starts_with("energy "), "{energy}");
    let python = std::env::var("GDL_PYTHON").unwrap_or_else(|_| "python3".into());
    if have("numpy and ase", &format!("{python} -c 'import numpy, ase'")) {
        let out = Command::new("sh")
            .args(["-c", &format!("PYTHONPATH=potential-py {python} {example}/md.py 1000")])
            .current_dir(&at)
            .output()
            .expect("it runs");
        assert!(out.status.success(), "{}", said(&out));
        let other = numbers(&out);
        let apart = moved.iter().zip(&other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(other.len() == 27 && apart < 1e-6, "the trajectories are {apart} apart");
    }
    if have("numpy", &format!("{python} -c 'import numpy'")) {
        folder.file("use.py", PYTHON);
        // The wheel holds what the folder does.
        let wheel = format!("{python} -c 'import backend; print(backend.build_wheel(\"..\"))'");
        run(
            &at,
            &format!(
                "cd potential-py && {wheel} && cd .. && mkdir site && {python} -m zipfile -e potential-*.whl site"
            ),
        );
        let out = run(&at, &format!("PYTHONPATH=site {python} use.py"));
        assert_eq!(said(&out).trim(), "fine");
    }
}

const PYTHON: &str = r#"
import numpy as np, json, sys
import potential
m = potential.Potential()
z = np.array([8, 1, 1])
pos = np.asfortranarray([[0.0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0]])
out = m(z=z, m_pos=pos)
assert out.energy.shape == (1,) and out.forces.shape == (3, 3) and out.forces.dtype == np.float64, out
g = m.gradient({"energy": np.ones(1)}, z=z, m_pos=pos)
assert list(g) == ["m_pos"] and np.abs(g["m_pos"] + out.forces).max() < 1e-12
p = m.gradient({"energy": np.ones(1)}, wrt=[], parameters=True, z=z, m_pos=pos)
name = next(iter(p))
w = m.parameters()[name]
h = np.zeros_like(w); h.flat[0] = 1e-5
m.set_parameter(name, w + h); up = m(z=z, m_pos=pos).energy[0]
m.set_parameter(name, w - h); down = m(z=z, m_pos=pos).energy[0]
m.set_parameter(name, w)
assert abs((up - down) / 2e-5 - p[name].flat[0]) < 1e-6 * (1 + abs(p[name].flat[0]))
# Two molecules at once, far from each other in the array only.
two = m(z=np.tile(z, 2), m_pos=np.concatenate([pos, pos + 1]), m_ptr=[0, 3, 6])
assert np.abs(two.energy - out.energy[0]).max() < 1e-9 and two.forces.shape == (6, 3)
for bad, word in [(dict(z=z), "m.pos"), (dict(z=z, m_pos=pos[:2]), "m.pos"), (dict(z=[9, 1, 1], m_pos=pos), "z"), (dict(z=z, m_pos=pos * np.nan), "m.pos")]:
    try:
        m._forward(potential._inputs(bad))
    except potential.Error as e:
        assert word in str(e), (bad, str(e))
    else:
        raise AssertionError(bad)
assert m.manifest["group"] == "O(3)" and "Energies and forces" in potential.__doc__
assert "z" in potential.Potential.__call__.__annotations__ or "z" in potential.Potential.__call__.__code__.co_varnames
print("fine")
"#;
