//! From arrays to batches.

use gdl_abi::{ArrayDecl, DimDef, Dtype, Instance, MapDef, SAMPLES, Signature};
use gdl_host::data::{
    DataSpec, Dataset, Domain, EdgeDoor, Edges, End, Extents, FieldSpec, Folds, Labels, Lattice, Points, Sizes, Source,
    Split,
};
use gdl_host::files::{HostArray, Table};
use gdl_runtime::Array;
use proptest::prelude::*;

fn table(arrays: Vec<(&str, HostArray)>) -> Table {
    let mut table = Table::new("data.npz");
    for (name, array) in arrays {
        table.insert(name, array).unwrap();
    }
    table
}

fn host(shape: &[usize], elements: impl Into<HostArray>) -> HostArray {
    HostArray::new(shape, elements).unwrap()
}

fn array(name: &str) -> Source {
    Source::Array(name.into())
}

fn door() -> EdgeDoor {
    EdgeDoor {
        dim: "g.edges".into(),
        src: "g.src".into(),
        dst: "g.dst".into(),
    }
}

fn says(result: gdl_host::Result<impl Sized>, text: &str) {
    let e = result.map(|_| ()).unwrap_err().to_string();
    assert!(e.contains(text), "{e}");
}

fn images() -> (Table, DataSpec, Signature) {
    let table = table(vec![
        ("images", host(&[3, 2, 2], (0..12).collect::<Vec<u8>>())),
        ("labels", host(&[3], vec![0i64, 9, 4])),
        ("train", host(&[2], vec![2i64, 0])),
        ("test", host(&[1], vec![1i64])),
    ]);
    let mut x = FieldSpec::real("x", array("images"), Some("img"), &[1]);
    x.scale = 0.5;
    let spec = DataSpec {
        domains: vec![Domain::Grid {
            name: "img".into(),
            extents: Extents::Of {
                array: "images".into(),
                rank: 2,
                channels_first: false,
            },
        }],
        fields: vec![x, FieldSpec::class("label", array("labels"), None, 10)],
        split: Split::Arrays {
            train: "train".into(),
            val: None,
            test: Some("test".into()),
        },
    };
    let mut sig = Signature::default();
    let img = sig.domains.dim(DimDef::Grid {
        name: "img".into(),
        rank: 2,
    });
    sig.inputs = vec![
        ArrayDecl {
            name: "x".into(),
            dim: Some(img),
            axes: vec![1],
            dtype: Dtype::Real,
        },
        ArrayDecl {
            name: "label".into(),
            dim: Some(SAMPLES),
            axes: vec![],
            dtype: Dtype::Class(10),
        },
    ];
    (table, spec, sig)
}

#[test]
fn images_and_labels() {
    let (table, spec, sig) = images();
    let folds = Folds::new(&table, &spec).unwrap();
    assert_eq!(folds.train.ids, [2, 0]);
    assert_eq!(folds.test.unwrap().ids, [1]);
    let (door, inputs) = folds.train.data.batch(&[2, 0], &sig, false).unwrap();
    assert_eq!(inputs[0], Array::F32(vec![4.0, 4.5, 5.0, 5.5, 0.0, 0.5, 1.0, 1.5]));
    assert_eq!(inputs[1], Array::Class(vec![4, 0]));
    let instance = Instance::new(&sig.domains, &door).unwrap();
    assert_eq!(instance.rows, [2, 8]);
    assert_eq!(instance.extents[1], [2, 2]);
    says(folds.train.data.batch(&[3], &sig, false), "no sample 3");
}

#[test]
fn what_does_not_fit_is_named() {
    let (table, spec, mut sig) = images();
    let change = |name: &str, elements: HostArray| {
        let mut table = table.clone();
        let changed = elements.reshaped(table.arrays[name].shape()).unwrap();
        table.arrays.insert(name.into(), changed);
        Folds::new(&table, &spec)
    };
    says(
        change("labels", HostArray::from(vec![0i64, 10, 4])),
        "data.npz: array `labels`: entry [1] is 10 (labels lie in 0..10)",
    );
    says(
        change("labels", HostArray::from(vec![0.0f32; 3])),
        "labels are integers, but it holds f32",
    );
    let mut bad = vec![0.0; 12];
    bad[6] = f64::NAN;
    says(
        change("images", HostArray::from(bad)),
        "array `images`: entry [1, 1, 0] is NaN",
    );
    says(
        change("train", HostArray::from(vec![2i64, 3])),
        "array `train`: entry [1] is 3, but there are 3 samples",
    );
    says(
        change("test", HostArray::from(vec![2i64])),
        "array `test`: sample 2 is in `train` already",
    );
    let mut spec2 = spec.clone();
    spec2.fields[0].axes = vec![3];
    says(
        Folds::new(&table, &spec2),
        "its shape is [3, 2, 2], but `x` needs [3, 2, 2] followed by [3]",
    );
    spec2.fields[0].source = array("image");
    says(
        Folds::new(&table, &spec2),
        "array `image`: there is no such array (did you mean `images`?)",
    );
    let data = Dataset::new(&table, &spec).unwrap();
    sig.inputs[0].axes = vec![2];
    says(data.check(&sig), "array `x`: the program needs rows of [2]");
    sig.inputs[0].name = "y".into();
    says(data.check(&sig), "the data does not supply it");
}

#[test]
fn channels_first() {
    let table = table(vec![("images", host(&[1, 2, 1, 2], vec![1u8, 2, 3, 4]))]);
    let mut x = FieldSpec::real("x", array("images"), Some("img"), &[2]);
    x.channels_first = true;
    let extents = Extents::Of {
        array: "images".into(),
        rank: 2,
        channels_first: true,
    };
    let spec = DataSpec {
        domains: vec![Domain::Grid {
            name: "img".into(),
            extents,
        }],
        fields: vec![x],
        split: Split::All,
    };
    let mut sig = Signature::default();
    let img = sig.domains.dim(DimDef::Grid {
        name: "img".into(),
        rank: 2,
    });
    sig.inputs = vec![ArrayDecl {
        name: "x".into(),
        dim: Some(img),
        axes: vec![2],
        dtype: Dtype::Real,
    }];
    let (_, inputs) = Dataset::new(&table, &spec).unwrap().batch(&[0], &sig, true).unwrap();
    assert_eq!(inputs[0], Array::F64(vec![1.0, 3.0, 2.0, 4.0]));
}

/// Signature of a graph with `h` on the nodes and `w` on the edges.
fn graph_signature() -> Signature {
    let mut sig = Signature::default();
    let nodes = sig.domains.dim(DimDef::Ragged { name: "g.nodes".into() });
    let edges = sig.domains.dim(DimDef::Ragged { name: "g.edges".into() });
    sig.domains.map(MapDef::Given {
        name: "g.src".into(),
        from: edges,
        to: nodes,
        sorted: false,
    });
    sig.domains.map(MapDef::Given {
        name: "g.dst".into(),
        from: edges,
        to: nodes,
        sorted: true,
    });
    sig.inputs = vec![
        ArrayDecl {
            name: "h".into(),
            dim: Some(nodes),
            axes: vec![],
            dtype: Dtype::Real,
        },
        ArrayDecl {
            name: "w".into(),
            dim: Some(edges),
            axes: vec![],
            dtype: Dtype::Real,
        },
    ];
    sig
}

#[test]
fn dense_graphs_with_a_source_node() {
    // Sample 0: 0 -> 1 (5), 1 -> 0 (7). Sample 1: 0 -> 1 (9).
    let table = table(vec![
        ("A", host(&[2, 2, 2], vec![0f32, 5., 7., 0., 0., 9., 0., 0.])),
        ("source", host(&[2], vec![1i64, 0])),
    ]);
    let spec = |rows| DataSpec {
        domains: vec![Domain::Graph {
            nodes: "g.nodes".into(),
            sizes: Sizes::Axis("A".into()),
            door: door(),
            edges: Edges::Dense {
                array: "A".into(),
                rows,
            },
        }],
        fields: vec![
            FieldSpec::real("h", Source::Indicator("source".into()), Some("g.nodes"), &[]),
            FieldSpec::real("w", array("A"), Some("g.edges"), &[]),
        ],
        split: Split::All,
    };
    let sig = graph_signature();
    let data = Dataset::new(&table, &spec(End::Source)).unwrap();
    let (door, inputs) = data.batch(&[1, 0], &sig, true).unwrap();
    assert_eq!(
        inputs,
        [Array::F64(vec![1.0, 0.0, 0.0, 1.0]), Array::F64(vec![9.0, 7.0, 5.0])]
    );
    assert_eq!(
        door.maps,
        [("g.src".into(), vec![0, 3, 2]), ("g.dst".into(), vec![1, 2, 3])]
    );
    assert_eq!(data.rows("g.edges", 0), Some(2));
    assert!(Instance::new(&sig.domains, &door).is_ok());
    let (door, _) = Dataset::new(&table, &spec(End::Destination))
        .unwrap()
        .batch(&[1], &sig, true)
        .unwrap();
    assert_eq!(door.maps, [("g.src".into(), vec![1]), ("g.dst".into(), vec![0])]);
    let mut bad = table.clone();
    bad.arrays.insert("source".into(), HostArray::from(vec![1i64, 2]));
    says(
        Dataset::new(&bad, &spec(End::Source)),
        "entry [1] is 2, but sample 1 has 2 rows of `g.nodes`",
    );
}

#[test]
fn edge_lists_are_sorted_and_fields_follow() {
    let spec = |ptr: Option<&str>| DataSpec {
        domains: vec![Domain::Graph {
            nodes: "g.nodes".into(),
            sizes: Sizes::Ptr("ptr".into()),
            door: door(),
            edges: Edges::List {
                index: "edge_index".into(),
                ptr: ptr.map(String::from),
            },
        }],
        fields: vec![
            FieldSpec::real("h", array("h"), Some("g.nodes"), &[]),
            FieldSpec::real("w", array("w"), Some("g.edges"), &[]),
        ],
        split: Split::All,
    };
    let build = |index: Vec<i64>, ptr: Option<&str>| {
        let table = table(vec![
            ("ptr", host(&[4], vec![0i64, 3, 3, 5])),
            ("edge_ptr", host(&[4], vec![0i64, 3, 3, 4])),
            ("edge_index", host(&[2, 4], index)),
            ("h", host(&[5], vec![0., 1., 2., 3., 4.])),
            ("w", host(&[4], vec![10., 11., 12., 13.])),
        ]);
        Dataset::new(&table, &spec(ptr))
    };
    let sig = graph_signature();
    let local = build(vec![0, 1, 2, 1, 2, 1, 1, 0], Some("edge_ptr")).unwrap();
    let global = build(vec![0, 1, 2, 4, 2, 1, 1, 3], None).unwrap();
    for data in [local, global] {
        let (door, inputs) = data.batch(&[2, 1, 0], &sig, true).unwrap();
        assert_eq!(
            inputs,
            [
                Array::F64(vec![3., 4., 0., 1., 2.]),
                Array::F64(vec![13., 11., 12., 10.])
            ]
        );
        assert_eq!(door.ragged[0].1, [0, 2, 2, 5]);
        assert_eq!(
            door.maps,
            [("g.src".into(), vec![1, 3, 4, 2]), ("g.dst".into(), vec![0, 3, 3, 4])]
        );
        assert!(Instance::new(&sig.domains, &door).is_ok());
    }
    says(
        build(vec![0, 1, 2, 1, 2, 1, 3, 0], Some("edge_ptr")),
        "edge 2 has node 3, but there are 3 nodes",
    );
    says(
        build(vec![0, 1, 2, 1, 2, 1, 1, 0], Some("ptr")),
        "these are not offsets that ascend from 0 to 4",
    );
    says(
        build(vec![0, 1, 2, 4, 2, 1, 1, 2], None),
        "edge 3 goes from sample 2 to sample 0",
    );
    says(build(vec![0, 1, 2, -1, 2, 1, 1, 3], None), "edge 3 has node -1");
}

#[test]
fn species_by_word_and_by_number_shared_by_all_frames() {
    let names = Labels::Names(vec!["H".into(), "C".into(), "O".into()]);
    let read = |z: HostArray| {
        let table = table(vec![("pos", host(&[2, 2, 3], vec![0.0; 12])), ("z", z)]);
        let mut z = FieldSpec::class("z", Source::Shared("z".into()), Some("m.nodes"), 3);
        z.labels = names.clone();
        let nodes = Domain::Set {
            nodes: "m.nodes".into(),
            sizes: Sizes::Axis("pos".into()),
        };
        let spec = DataSpec {
            domains: vec![nodes],
            fields: vec![z],
            split: Split::All,
        };
        let mut sig = Signature::default();
        let nodes = sig.domains.dim(DimDef::Ragged { name: "m.nodes".into() });
        sig.inputs = vec![ArrayDecl {
            name: "z".into(),
            dim: Some(nodes),
            axes: vec![],
            dtype: Dtype::Class(3),
        }];
        Dataset::new(&table, &spec)?.batch(&[1, 0], &sig, false)
    };
    let both = [
        read(HostArray::from(vec![8i64, 1])),
        read(HostArray::from(vec!["O".to_string(), "H".into()])),
    ];
    for batch in both {
        assert_eq!(batch.unwrap().1[0], Array::Class(vec![2, 0, 2, 0]));
    }
    says(
        read(HostArray::from(vec![8i64, 7])),
        "entry [1] is 7 (the program knows `H`, `C`, `O`)",
    );
}

#[test]
fn groups_and_fractions() {
    let (mut t, mut spec, _) = images();
    spec.split = Split::Fractions {
        val: 0.34,
        test: 0.34,
        seed: 7,
    };
    let folds = Folds::new(&t, &spec).unwrap();
    let mut all = [folds.train.ids, folds.val.unwrap().ids, folds.test.unwrap().ids].concat();
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2]);
    spec.split = Split::Fractions {
        val: 0.5,
        test: 0.5,
        seed: 7,
    };
    says(Folds::new(&t, &spec), "leave nothing for training");
    for name in ["images", "labels"] {
        let array = t.arrays[name].clone();
        t.insert(format!("big.{name}"), array).unwrap();
    }
    spec.split = Split::Groups {
        train: "big".into(),
        val: None,
        test: None,
    };
    assert_eq!(Folds::new(&t, &spec).unwrap().train.ids.len(), 3);
    spec.split = Split::Groups {
        train: "bag".into(),
        val: None,
        test: None,
    };
    says(Folds::new(&t, &spec), "no arrays whose names start with `bag.`");
}

/// A signature with one field `v` of three numbers on the edges.
fn cloud_signature(axes: &[u32]) -> Signature {
    let mut sig = graph_signature();
    let edges = sig.inputs[1].dim;
    sig.inputs = vec![ArrayDecl {
        name: "v".into(),
        dim: edges,
        axes: axes.to_vec(),
        dtype: Dtype::Real,
    }];
    sig
}

#[test]
fn periodic_clouds_give_shifts() {
    let table = table(vec![
        ("pos", host(&[2, 1, 3], vec![0.5; 6])),
        ("cell", host(&[3, 3], vec![2., 0., 0., 0., 3., 0., 0., 0., 4.])),
        ("pbc", host(&[2, 3], vec![1u8, 1, 0, 1, 0, 0])),
    ]);
    let spec = |width: u32, pbc: Option<&str>, cutoff| DataSpec {
        domains: vec![Domain::Graph {
            nodes: "g.nodes".into(),
            sizes: Sizes::Axis("pos".into()),
            door: door(),
            edges: Edges::Cutoff {
                points: Points {
                    array: "pos".into(),
                    scale: 1.0,
                },
                cutoff,
                lattice: Some(Lattice {
                    cell: "cell".into(),
                    pbc: pbc.map(String::from),
                }),
            },
        }],
        fields: vec![FieldSpec::real("v", Source::Shift, Some("g.edges"), &[width])],
        split: Split::All,
    };
    let sig = cloud_signature(&[3]);
    let data = Dataset::new(&table, &spec(3, Some("pbc"), 3.5)).unwrap();
    let (door, inputs) = data.batch(&[1, 0], &sig, true).unwrap();
    let expected = vec![
        -2., 0., 0., 2., 0., 0., -2., 0., 0., 0., -3., 0., 0., 3., 0., 2., 0., 0.,
    ];
    assert_eq!(inputs[0], Array::F64(expected));
    assert_eq!(door.ragged[1].1, [0, 2, 6]);
    assert!(Instance::new(&sig.domains, &door).is_ok());
    assert_eq!(
        Dataset::new(&table, &spec(3, None, 4.1)).unwrap().rows("g.edges", 0),
        Some(12)
    );
    says(Dataset::new(&table, &spec(4, None, 4.1)), "or has other axes");
    says(
        Dataset::new(&table, &spec(3, None, 4e4)),
        "array `cell`: sample 0: a distance of 40000 reaches very many images",
    );
}

#[test]
fn meshes_give_edges_with_angles() {
    // Two tetrahedra.
    let verts = vec![1., 1., 1., 1., -1., -1., -1., 1., -1., -1., -1., 1.];
    let faces = vec![0i64, 1, 2, 0, 2, 3, 0, 3, 1, 1, 3, 2];
    let table = table(vec![
        ("verts", host(&[8, 3], [verts.clone(), verts].concat())),
        ("verts_ptr", host(&[3], vec![0i64, 4, 8])),
        ("faces", host(&[8, 3], [faces.clone(), faces].concat())),
        ("faces_ptr", host(&[3], vec![0i64, 4, 8])),
    ]);
    let edges = Edges::Faces {
        positions: "verts".into(),
        faces: "faces".into(),
        ptr: Some("faces_ptr".into()),
    };
    let spec = |source| DataSpec {
        domains: vec![Domain::Graph {
            nodes: "g.nodes".into(),
            sizes: Sizes::Ptr("verts_ptr".into()),
            door: door(),
            edges: edges.clone(),
        }],
        fields: vec![FieldSpec::real("v", source, Some("g.edges"), &[])],
        split: Split::All,
    };
    let sig = cloud_signature(&[]);
    let (door, inputs) = Dataset::new(&table, &spec(Source::Angle))
        .unwrap()
        .batch(&[0, 1], &sig, true)
        .unwrap();
    assert_eq!(door.ragged[1].1, [0, 12, 24]);
    // Three neighbours of a vertex, the first at angle 0, a third of a turn apart.
    let angles = inputs[0].to_f64();
    let third = std::f64::consts::TAU / 3.0;
    for corner in angles.chunks(3) {
        assert!(
            corner[0].abs() < 1e-12 && (corner[1].abs() - third).abs() < 1e-12,
            "{corner:?}"
        );
        assert!((corner[1] + corner[2]).abs() < 1e-12, "{corner:?}");
    }
    assert!(Dataset::new(&table, &spec(Source::Transport)).is_ok());
    says(Dataset::new(&table, &spec(Source::Shift)), "edges of another kind");
    // As points of the circle.
    let mut pairs = spec(Source::Angle);
    pairs.fields[0].axes = vec![2];
    let circle: Vec<f64> = angles.iter().flat_map(|a| [a.cos(), a.sin()]).collect();
    let (_, inputs) = Dataset::new(&table, &pairs)
        .unwrap()
        .batch(&[0, 1], &cloud_signature(&[2]), true)
        .unwrap();
    assert_eq!(inputs[0], Array::F64(circle));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// Whatever stands in the index arrays of a graph: an error, or batches that the program's domains accept.
    #[test]
    fn any_edge_list(
        nodes in prop::collection::vec(-1..6i64, 1..4),
        edges in prop::collection::vec(-1..6i64, 1..4),
        mut ends in prop::collection::vec(-1..6i64, 0..10),
        local: bool,
    ) {
        ends.truncate(ends.len() / 2 * 2);
        let rows = nodes.last().copied().unwrap_or(0).max(0) as usize;
        let table = table(vec![
            ("ptr", host(&[nodes.len()], nodes)),
            ("edge_ptr", host(&[edges.len()], edges)),
            ("w", host(&[ends.len() / 2], vec![0.5; ends.len() / 2])),
            ("edge_index", host(&[2, ends.len() / 2], ends)),
            ("h", host(&[rows], vec![1.0; rows])),
        ]);
        let spec = DataSpec {
            domains: vec![Domain::Graph {
                nodes: "g.nodes".into(),
                sizes: Sizes::Ptr("ptr".into()),
                door: door(),
                edges: Edges::List { index: "edge_index".into(), ptr: local.then(|| "edge_ptr".into()) },
            }],
            fields: vec![
                FieldSpec::real("h", array("h"), Some("g.nodes"), &[]),
                FieldSpec::real("w", array("w"), Some("g.edges"), &[]),
            ],
            split: Split::All,
        };
        if let Ok(data) = Dataset::new(&table, &spec) {
            let sig = graph_signature();
            let ids: Vec<usize> = (0..data.len()).rev().collect();
            let (door, inputs) = data.batch(&ids, &sig, false).unwrap();
            let instance = Instance::new(&sig.domains, &door).unwrap();
            prop_assert_eq!(inputs[0].len(), instance.rows[1]);
            prop_assert_eq!(inputs[1].len(), instance.rows[2]);
        }
    }
}
