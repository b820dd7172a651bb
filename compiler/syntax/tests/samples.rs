//! Whole programs parse without errors.

#[test]
fn samples_parse() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of samples") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a sample");
        let parsed = gdl_syntax::parse(0, &text);
        assert!(
            parsed.errors.is_empty(),
            "{}: {:#?}",
            path.display(),
            parsed.errors
        );
        assert!(!parsed.ast.items.is_empty(), "{}", path.display());
        count += 1;
    }
    assert!(count >= 9, "{count} samples");
}
