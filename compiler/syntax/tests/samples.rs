//! Whole programs parse without errors, and print to what parses the same.

use gdl_syntax::dump::dump;
use gdl_syntax::parse;
use gdl_syntax::print::print;

#[test]
fn samples_parse() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of samples") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a sample");
        let parsed = parse(0, &text);
        assert!(parsed.errors.is_empty(), "{}: {:#?}", path.display(), parsed.errors);
        assert!(!parsed.ast.items.is_empty(), "{}", path.display());
        let printed = print(&parsed.ast);
        let again = parse(0, &printed);
        assert!(again.errors.is_empty(), "{printed}: {:#?}", again.errors);
        assert_eq!(dump(&again.ast), dump(&parsed.ast), "{printed}");
        assert_eq!(print(&again.ast), printed);
        count += 1;
    }
    assert!(count >= 9, "{count} samples");
}
