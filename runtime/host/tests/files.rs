//! Every loader, on what is written, on real layouts, and on damaged files: errors, never panics.

use gdl_host::files::{self, HostArray, Table, tensors};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

fn arrays() -> BTreeMap<String, HostArray> {
    let array = |shape: &[usize], data: HostArray| data.reshaped(shape).unwrap();
    BTreeMap::from([
        (
            "f".to_string(),
            array(&[2, 3], HostArray::from(vec![1.0f32, -0.5, 2.0, 3.0, 4.0, f32::NAN])),
        ),
        ("g".to_string(), array(&[2], HostArray::from(vec![1e300, 0.1]))),
        (
            "i".to_string(),
            array(&[1, 1, 3], HostArray::from(vec![-1i64, 0, i64::MAX])),
        ),
        (
            "u".to_string(),
            array(&[4, 50], HostArray::from((0..200).collect::<Vec<u8>>())),
        ),
        ("none".to_string(), array(&[0, 7], HostArray::from(Vec::<i64>::new()))),
    ])
}

fn npz() -> Vec<u8> {
    files::npz::encode(arrays().iter().map(|(n, a)| (n.as_str(), a))).unwrap()
}

fn safetensors() -> Vec<u8> {
    tensors::encode(&arrays(), &BTreeMap::from([("a".to_string(), "b".to_string())])).unwrap()
}

fn png(color: png::ColorType, depth: png::BitDepth, pixels: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 3, 2);
    encoder.set_color(color);
    encoder.set_depth(depth);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
    out
}

fn grey() -> Vec<u8> {
    png(png::ColorType::Grayscale, png::BitDepth::Eight, &[0, 1, 2, 3, 4, 255])
}

const XYZ: &str = "2\nLattice=\"4 0 0 0 4 0 0 0 4\" Properties=species:S:1:pos:R:3:tag:I:1 energy=-1.5 pbc=\"T T F\"\n\
    H 0 0 0 1\nO 0 0 1 2\n1\nLattice=\"4 0 0 0 4 0 0 0 4\" Properties=species:S:1:pos:R:3:tag:I:1 energy=2 pbc=\"T T F\"\nC 1 1 1 3\n";
const OFF: &str = "OFF\n4 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 2\n3 0 2 3\n";
const OBJ: &str = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1/1 2/2 3/3\nf 1 3 4\n";
const PLY: &str = "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\nelement face 2\n\
    property list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 2\n3 0 2 3\n";

fn binary_ply() -> Vec<u8> {
    let mut out = PLY
        .split_inclusive('\n')
        .take_while(|l| *l != "0 0 0\n")
        .collect::<String>()
        .replace("ascii", "binary_little_endian")
        .into_bytes();
    for x in [0f32, 0., 0., 1., 0., 0., 1., 1., 0., 0., 1., 0.] {
        out.extend(x.to_le_bytes());
    }
    for face in [[0i32, 1, 2], [0, 2, 3]] {
        out.push(3);
        face.iter().for_each(|k| out.extend(k.to_le_bytes()));
    }
    out
}

/// A sound file of each kind.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a.npz", npz()),
        ("a.npy", files::npy::encode(&arrays()["u"]).unwrap()),
        ("a.safetensors", safetensors()),
        ("a.png", grey()),
        ("a.extxyz", XYZ.into()),
        ("a.off", OFF.into()),
        ("a.obj", OBJ.into()),
        ("a.ply", PLY.into()),
        ("b.ply", binary_ply()),
    ]
}

fn same(a: &HostArray, b: &HostArray) -> bool {
    // NaN differs from itself; its text does not.
    format!("{a:?}") == format!("{b:?}")
}

#[test]
fn archives_and_tensors_read_back() {
    for (name, bytes) in [("a.npz", npz()), ("a.safetensors", safetensors())] {
        let table = files::parse(Path::new(name), &bytes).unwrap();
        assert_eq!(table.arrays.len(), 5);
        assert!(arrays().iter().all(|(n, a)| same(a, &table.arrays[n])));
    }
    let table = files::parse(Path::new("a.safetensors"), &safetensors()).unwrap();
    assert_eq!(tensors::notes(&table).unwrap()["a"], "b");
    assert_eq!(safetensors(), safetensors());
}

#[test]
fn meshes_agree() {
    let read = |name: &str, bytes: &[u8]| files::parse(Path::new(name), bytes).unwrap().arrays;
    let off = read("a.off", OFF.as_bytes());
    assert_eq!(
        off.keys().collect::<Vec<_>>(),
        ["faces", "faces_ptr", "verts", "verts_ptr"]
    );
    assert_eq!(off, read("a.obj", OBJ.as_bytes()));
    assert_eq!(off, read("a.ply", PLY.as_bytes()));
    assert_eq!(off, read("b.ply", &binary_ply()));
}

#[test]
fn images_of_all_kinds() {
    let read = |bytes: &[u8]| files::parse(Path::new("a.png"), bytes).unwrap().arrays["images"].clone();
    let image = read(&grey());
    assert_eq!(
        image,
        HostArray::new(&[1, 2, 3, 1], vec![0u8, 1, 2, 3, 4, 255]).unwrap()
    );
    let image = read(&png(png::ColorType::Rgba, png::BitDepth::Eight, &[7; 24]));
    assert_eq!(image.shape(), [1, 2, 3, 4]);
    let image = read(&png(
        png::ColorType::Grayscale,
        png::BitDepth::One,
        &[0b1010_0000, 0b0100_0000],
    ));
    assert_eq!(
        image,
        HostArray::new(&[1, 2, 3, 1], vec![255u8, 0, 255, 0, 255, 0]).unwrap()
    );
    let image = read(&png(png::ColorType::Grayscale, png::BitDepth::Sixteen, &[1; 12]));
    assert_eq!(image, HostArray::new(&[1, 2, 3, 1], vec![257i64; 6]).unwrap());
}

/// An empty folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("gdl-host-files-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn folders() {
    let images = folder("images");
    for (class, n) in [("cat", 2), ("dog", 1)] {
        std::fs::create_dir(images.join(class)).unwrap();
        (0..n).for_each(|k| std::fs::write(images.join(class).join(format!("{k}.png")), grey()).unwrap());
    }
    let table = files::load(&images).unwrap();
    assert_eq!(table.arrays["images"].shape(), [3, 2, 3, 1]);
    assert_eq!(table.arrays["labels"], HostArray::from(vec![0i64, 0, 1]));
    assert_eq!(
        table.arrays["classes"],
        HostArray::from(vec!["cat".to_string(), "dog".into()])
    );
    std::fs::write(
        images.join("dog/1.png"),
        png(png::ColorType::Rgb, png::BitDepth::Eight, &[7; 18]),
    )
    .unwrap();
    let e = files::load(&images).unwrap_err().to_string();
    assert!(
        e.contains("1.png: array `images`: its rows are [2, 3, 3] in size"),
        "{e}"
    );

    let meshes = folder("meshes");
    std::fs::write(meshes.join("a.off"), OFF).unwrap();
    std::fs::write(meshes.join("b.ply"), binary_ply()).unwrap();
    let table = files::load(&meshes).unwrap();
    assert_eq!(table.arrays["verts"].shape(), [8, 3]);
    assert_eq!(table.arrays["verts_ptr"], HostArray::from(vec![0i64, 4, 8]));
    assert_eq!(table.arrays["faces_ptr"], HostArray::from(vec![0i64, 2, 4]));
    let says = |path: &Path, text: &str| {
        let e = files::load(path).unwrap_err().to_string();
        assert!(e.contains(text), "{e}");
    };
    says(&folder("empty"), "holds nothing that can be read");
    std::fs::write(meshes.join("c.png"), grey()).unwrap();
    says(&meshes, "the folder mixes files: `a.off` and `c.png`");
    std::fs::remove_file(meshes.join("c.png")).unwrap();
    let coloured = PLY
        .replace("float z\n", "float z\nproperty float q\n")
        .replace("0 0 0\n1 0 0\n1 1 0\n0 1 0\n", "0 0 0 7\n1 0 0 7\n1 1 0 7\n0 1 0 7\n");
    std::fs::write(meshes.join("c.ply"), coloured).unwrap();
    says(&meshes, "c.ply: it holds `faces`, `faces_ptr`, `q`,");
}

#[test]
fn folders_of_clouds_and_of_arrays() {
    let clouds = folder("clouds");
    for class in ["dry", "wet"] {
        std::fs::create_dir(clouds.join(class)).unwrap();
        std::fs::write(clouds.join(class).join("a.extxyz"), XYZ).unwrap();
    }
    std::fs::write(clouds.join("README.txt"), "words").unwrap();
    let table = files::load(&clouds).unwrap();
    assert_eq!(table.arrays["ptr"], HostArray::from(vec![0i64, 2, 3, 5, 6]));
    assert_eq!(table.arrays["cell"].shape(), [4, 3, 3]);
    assert_eq!(table.arrays["labels"], HostArray::from(vec![0i64, 0, 1, 1]));
    assert_eq!(table.arrays["names"].len(), 4);
    let species = ["H", "O", "C", "H", "O", "C"].map(String::from).to_vec();
    assert_eq!(table.arrays["species"], HostArray::from(species));

    let arrays = folder("arrays");
    for (name, array) in [("u", &self::arrays()["u"]), ("i", &self::arrays()["i"])] {
        std::fs::write(arrays.join(format!("{name}.npy")), files::npy::encode(array).unwrap()).unwrap();
    }
    let table = files::load(&arrays).unwrap();
    assert_eq!(table.arrays["u"], self::arrays()["u"]);
    assert_eq!(table.arrays.len(), 2);
}

#[test]
fn errors_name_the_file() {
    let says = |result: gdl_host::Result<Table>, text: &str| {
        let e = result.unwrap_err().to_string();
        assert!(e.contains(text), "{e}");
    };
    says(files::load("/no/such.npz"), "/no/such.npz: cannot read it");
    let folder = folder("errors");
    for (name, bytes) in samples() {
        let path = folder.join(name);
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let e = files::load(&path).map(|_| ()).unwrap_err().to_string();
        assert!(e.contains(name), "{e}");
    }
    std::fs::write(folder.join("a.csv"), "").unwrap();
    says(
        files::load(folder.join("a.csv")),
        "files that end in `.csv` are not known (known are `npz`",
    );
}

#[test]
fn archives_that_claim_too_much() {
    // A stored entry whose bytes were changed: the checksum tells.
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    let (mut entry, config) = archive.new_file("x.npy").start().unwrap();
    let mut writer = config.wrap(&mut entry);
    writer.write_all(&files::npy::encode(&arrays()["u"]).unwrap()).unwrap();
    let (_, descriptor) = writer.finish().unwrap();
    entry.finish(descriptor).unwrap();
    archive.finish().unwrap();
    let path = Path::new("x.npz");
    assert!(files::parse(path, &bytes).is_ok());
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    assert!(
        files::parse(path, &bytes)
            .unwrap_err()
            .to_string()
            .contains("array `x`: its entry is damaged")
    );
}

#[test]
fn tensors_that_overlap_or_lie() {
    let file = |header: &str, body: usize| {
        let mut out = (header.len() as u64).to_le_bytes().to_vec();
        out.extend(header.as_bytes());
        out.extend(vec![0; body]);
        files::parse(Path::new("x.safetensors"), &out).unwrap_err().to_string()
    };
    let f32s = |name: &str, shape: &str, from: u64, to: u64| {
        format!(r#""{name}":{{"dtype":"F32","shape":[{shape}],"data_offsets":[{from},{to}]}}"#)
    };
    for (header, body) in [
        (format!("{{{},{}}}", f32s("a", "2", 0, 8), f32s("b", "2", 4, 12)), 12),
        (format!("{{{}}}", f32s("a", "2", 0, 8)), 4),
        (
            format!("{{{}}}", f32s("a", "4611686018427387904,4611686018427387904", 0, 8)),
            8,
        ),
        (format!("{{{}}}", f32s("a", "3", 0, 8)), 8),
        ("[]".into(), 0),
    ] {
        let e = file(&header, body);
        assert!(e.contains("not a sound safetensors file"), "{e}");
    }
    let e = file(r#"{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}"#, 8);
    assert!(e.contains("array `a`: elements of type C64 are not supported"), "{e}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// Cut anywhere and changed in a few places, any file gives arrays or an error.
    #[test]
    fn damaged_files_never_panic(
        which in 0..9usize,
        cut in 0.0..1.5f64,
        changes in prop::collection::vec((0.0..1.0f64, any::<u8>()), 0..6),
    ) {
        let (name, mut bytes) = samples().swap_remove(which);
        let keep = (cut * bytes.len() as f64) as usize;
        bytes.truncate(keep);
        let n = bytes.len();
        for (at, value) in changes.into_iter().filter(|_| n > 0) {
            bytes[(at * n as f64) as usize] = value;
        }
        let _ = files::parse(Path::new(name), &bytes);
    }

    /// Changed digits: sizes and counts that lie.
    #[test]
    fn files_with_other_numbers_never_panic(which in 0..9usize, k in 0..64usize, digits in "[0-9]{1,20}|-[0-9]{1,3}") {
        let (name, bytes) = samples().swap_remove(which);
        let starts: Vec<usize> = (0..bytes.len())
            .filter(|&p| bytes[p].is_ascii_digit() && (p == 0 || !bytes[p - 1].is_ascii_digit()))
            .collect();
        let start = starts[k % starts.len()];
        let end = (start..bytes.len()).find(|&p| !bytes[p].is_ascii_digit()).unwrap_or(bytes.len());
        let changed = [&bytes[..start], digits.as_bytes(), &bytes[end..]].concat();
        let _ = files::parse(Path::new(name), &changed);
    }

    /// Arrays of any type and shape come back from both formats.
    #[test]
    fn arrays_read_back(shape in prop::collection::vec(0..4usize, 0..4), kind in 0..4, seed: u64) {
        let n: usize = shape.iter().product();
        let mut rng = gdl_host::rng::Rng::new(seed);
        let data = match kind {
            0 => HostArray::from((0..n).map(|_| rng.normal()).collect::<Vec<f64>>()),
            1 => HostArray::from((0..n).map(|_| rng.normal() as f32).collect::<Vec<f32>>()),
            2 => HostArray::from((0..n).map(|_| rng.bits() as i64).collect::<Vec<i64>>()),
            _ => HostArray::from((0..n).map(|_| rng.bits() as u8).collect::<Vec<u8>>()),
        };
        let array = data.reshaped(&shape).unwrap();
        let npz = files::npz::encode([("x", &array)]).unwrap();
        prop_assert_eq!(&files::parse(Path::new("x.npz"), &npz).unwrap().arrays["x"], &array);
        let tensors = tensors::encode(&BTreeMap::from([("x".to_string(), array.clone())]), &BTreeMap::new()).unwrap();
        prop_assert_eq!(&files::parse(Path::new("x.safetensors"), &tensors).unwrap().arrays["x"], &array);
    }
}

/// `numpy.npz` was written by NumPy's `savez_compressed`: 0..6 as \[2, 3\] in each of its types.
#[test]
fn numpy_writes_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/numpy.npz");
    let table = files::load(path).unwrap();
    let words = HostArray::from(vec!["H".to_string(), "Cl".into()]);
    for (name, array) in &table.arrays {
        match name.as_str() {
            "symbols" => assert_eq!(*array, words),
            "number" => assert_eq!(
                (array.shape().len(), array.reals().and_then(|mut x| x.next())),
                (0, Some(3.0))
            ),
            _ => {
                assert_eq!(array.shape(), [2, 3]);
                let expected = |k: usize| if name == "b1" { k.min(1) } else { k } as f64;
                assert!(array.reals().unwrap().eq((0..6).map(expected)), "{name}: {array:?}");
            }
        }
    }
    assert_eq!(table.arrays.len(), 16);
}

/// An archive takes `a:b` for a file on drive a, and steps upwards for what they say: names are kept as they are, or refused.
#[test]
fn names_in_archives_are_kept() {
    let array: HostArray = vec![1.0f64, 2.0].into();
    let written = |name: &str| files::npz::encode([(name, &array)]);
    for name in [
        "a:b",
        r"c\d",
        "..",
        "/x/",
        "./y",
        "a//b",
        "grad.layer_1/W",
        "ä.größe",
        "αβ/γ",
    ] {
        let table = files::parse(Path::new("names.npz"), &written(name).unwrap()).unwrap();
        assert_eq!(table.arrays.keys().collect::<Vec<_>>(), [name]);
    }
    let refused = written("ä:b").unwrap_err().to_string();
    assert!(refused.contains("ä:b") && refused.contains("archive"), "{refused}");
}
