//! A reference file.

use super::view::View;
use gdl_abi::DoorSizes;
use gdl_host::files::Table;
use gdl_host::files::tensors;
use std::fs;
use std::path::Path;

/// A reference file: inputs `in.…`, weights `w.…`, outputs `out.…`, gradients `grad.…`, constants `aux.…`.
pub struct Case {
    pub name: String,
    pub table: Table,
}

impl Case {
    /// Reads the file of this name.
    pub fn load(name: &str) -> Case {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("data/parity")
            .join(format!("{name}.safetensors"));
        let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let table = tensors::parse(&path, &bytes).unwrap_or_else(|e| panic!("{e}"));
        Case {
            name: name.into(),
            table,
        }
    }

    /// The shape of an array.
    pub fn shape(&self, key: &str) -> Vec<usize> {
        self.table.get(key).unwrap_or_else(|e| panic!("{e}")).shape().to_vec()
    }

    /// The numbers of an array.
    pub fn reals(&self, key: &str) -> Vec<f64> {
        let array = self.table.get(key).unwrap_or_else(|e| panic!("{e}"));
        array.reals().expect("numbers").collect()
    }

    /// The integers of an array.
    pub fn integers(&self, key: &str) -> Vec<usize> {
        let list = self.table.integers(key).unwrap_or_else(|e| panic!("{e}"));
        list.into_iter()
            .map(|k| usize::try_from(k).expect("not negative"))
            .collect()
    }

    /// A whole array.
    pub fn view(&self, key: &str) -> View {
        View::of(key, &self.shape(key))
    }
}

/// Sets (or sequences) of one size.
pub fn sets(name: &str, samples: usize, size: usize) -> DoorSizes {
    let ptr = (0..=samples).map(|s| (s * size) as u32).collect();
    DoorSizes {
        samples,
        ragged: vec![(name.into(), ptr)],
        ..DoorSizes::default()
    }
}

/// One graph, or a cloud with neighbours. Also the order in which its edges stand: ascending by destination.
pub fn graph(name: &str, nodes: usize, src: &[usize], dst: &[usize]) -> (DoorSizes, Vec<usize>) {
    let mut order: Vec<usize> = (0..dst.len()).collect();
    order.sort_by_key(|&e| dst[e]);
    let ends = |v: &[usize]| order.iter().map(|&e| v[e] as u32).collect::<Vec<u32>>();
    let door = DoorSizes {
        samples: 1,
        ragged: vec![
            (name.into(), vec![0, nodes as u32]),
            (format!("{name}.edges"), vec![0, dst.len() as u32]),
        ],
        grids: Vec::new(),
        maps: vec![(format!("{name}.src"), ends(src)), (format!("{name}.dst"), ends(dst))],
    };
    (door, order)
}
