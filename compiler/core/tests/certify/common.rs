//! Programs from source text.

use gdl_core::certify::{Failure, Options, Report, certify_with};
use gdl_core::ir::Func;
use gdl_core::typed::Model;

/// Checks and lowers the last model of a text.
pub fn compile(text: &str) -> (Model, Func) {
    let (program, mut diags) = gdl_core::modules::load("test.gdl", text, &[], &|_, f| Err(format!("no file {f}")));
    let (mut models, found) = gdl_core::check::check(&program);
    diags.extend(found);
    let errors: Vec<_> = diags.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{text}\n{errors:#?}");
    let model = models.pop().unwrap_or_else(|| panic!("no model in {text}"));
    let lowered = gdl_core::lower::lower_model(&model).unwrap_or_else(|d| panic!("{text}\n{d:#?}"));
    gdl_core::ir::verify::verify(&lowered.func).unwrap_or_else(|e| panic!("{text}\n{e}"));
    (model, lowered.func)
}

/// The exact test of a text.
pub fn test(text: &str, options: &Options) -> Result<Report, Failure> {
    let (model, func) = compile(text);
    certify_with(&model, &func, options)
}
