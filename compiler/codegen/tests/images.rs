//! Programs compiled for several instruction sets, written to a file, and run from there.

mod common;

use common::check_program;
use gdl_codegen::image;
use gdl_core::ir::random::{Options, random_program_with};
use gdl_runtime::image::{Footer, Head, Isa, Role, open};
use gdl_runtime::pool::Pool;
use std::{env, fs, process};

/// Compiles random programs for one instruction set and runs them out of a file.
fn programs(seeds: std::ops::Range<u64>, isa: Isa, double: bool) {
    if !isa.is_supported() {
        return;
    }
    let options = Options {
        smooth: !double,
        ..Options::default()
    };
    for seed in seeds {
        let (func, door, inputs, params) = random_program_with(seed, 4 + seed as usize % 24, options);
        let (programs, code) =
            image::compile(&[(Role::Forward, &func)], double, &[isa]).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let head = Head {
            name: "P".into(),
            manifest: String::new(),
            data: String::new(),
            programs,
            weights: Vec::new(),
        };
        let mut file = b"#!a program".to_vec();
        Footer::append(&mut file, &head.to_bytes().unwrap(), &code, &[]);
        let path = env::temp_dir().join(format!("gdl-image-{}-{isa:?}-{seed}", process::id()));
        fs::write(&path, file).unwrap();
        let image = open(&path);
        fs::remove_file(&path).unwrap();
        let executor = image
            .unwrap()
            .unwrap()
            .executor(Role::Forward, Pool::shared(2).unwrap())
            .unwrap();
        check_program(
            &executor,
            &func,
            &door,
            &inputs,
            &params,
            &format!("seed {seed} {isa:?}"),
        );
    }
}

#[test]
fn baseline() {
    programs(0..60, Isa::Baseline, true);
    programs(60..100, Isa::Baseline, false);
}

#[test]
fn avx2() {
    programs(0..60, Isa::V3, true);
    programs(60..100, Isa::V3, false);
}
