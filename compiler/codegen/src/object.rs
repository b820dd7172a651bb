//! A compiled model as an object file, to be linked with the C interface of models (`runtime/capi`).
//!
//! Before: the parts of an image. After: an object that holds them, and for every function of the interface, `gdl_forward`, one of the model's own name,
//! `potential_forward`, that calls it. Only the latter are visible.

use crate::CodegenError;
use crate::cranelift::{Target, target_isa};
use cranelift::codegen::ir::UserFuncName;
use cranelift::module::{DataDescription, DataId, FuncId, Linkage, Module, default_libcall_names};
use cranelift::object::{ObjectBuilder, ObjectModule};
use cranelift::prelude::*;
use gdl_runtime::image::{ALIGN, Isa};

/// What a function of the interface takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// A 32-bit number.
    Word,
    /// A double.
    Real,
    /// A pointer.
    Pointer,
    /// The model: a pointer that callers do not pass.
    Model,
}

/// What a function of the interface gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// Nothing.
    Nothing,
    /// A status.
    Status,
    /// A pointer.
    Pointer,
}

use Param::{Model, Pointer, Real, Word};

/// A function of the interface: its name without `gdl_`, what it takes and gives.
pub type Function = (&'static str, &'static [Param], Gives);

/// The functions of `runtime/capi`.
const INTERFACE: [Function; 15] = [
    ("new", &[Word, Word, Model, Pointer], Gives::Status),
    ("free", &[Pointer], Gives::Nothing),
    ("error", &[Pointer], Gives::Pointer),
    ("manifest", &[Pointer], Gives::Pointer),
    ("load", &[Pointer, Pointer], Gives::Status),
    ("save", &[Pointer, Pointer], Gives::Status),
    ("get_parameter", &[Pointer, Pointer, Pointer], Gives::Status),
    ("set_parameter", &[Pointer, Pointer, Pointer], Gives::Status),
    ("describe", &[Pointer, Pointer, Pointer], Gives::Status),
    ("forward", &[Pointer, Pointer, Pointer], Gives::Status),
    ("gradient", &[Pointer; 5], Gives::Status),
    ("train", &[Pointer; 4], Gives::Status),
    (
        "neighbours",
        &[Pointer, Pointer, Pointer, Pointer, Real, Pointer, Pointer],
        Gives::Status,
    ),
    (
        "nearest",
        &[Pointer, Pointer, Pointer, Pointer, Word, Pointer, Pointer],
        Gives::Status,
    ),
    ("mesh", &[Pointer; 7], Gives::Status),
];

/// The functions of a library; that for training only where it can be trained.
pub fn interface(training: bool) -> impl Iterator<Item = Function> {
    INTERFACE.into_iter().filter(move |f| training || f.0 != "train")
}

/// The object of a model whose functions begin with `prefix`.
///
/// # Errors
/// What Cranelift says; a prefix that is no name is a defect of the caller.
pub fn object(prefix: &str, training: bool, head: &[u8], code: &[u8], weights: &[u8]) -> Result<Vec<u8>, CodegenError> {
    let isa = target_isa(Target::Isa(Isa::Baseline))?;
    let mut builder = ObjectBuilder::new(isa, prefix, default_libcall_names()).map_err(|e| fail(&e))?;
    builder.per_function_section(true).per_data_object_section(true);
    let mut module = ObjectModule::new(builder);
    let code_id = machine_code(&mut module, prefix, code)?;
    let head_id = bytes(&mut module, &format!("{prefix}_head"), head)?;
    let weights_id = bytes(&mut module, &format!("{prefix}_weights"), weights)?;
    let parts = parts(
        &mut module,
        prefix,
        [
            (Address::Data(head_id), head.len()),
            (Address::Code(code_id), code.len()),
            (Address::Data(weights_id), weights.len()),
        ],
    )?;
    let mut context = module.make_context();
    let mut builder_context = FunctionBuilderContext::new();
    for (name, params, gives) in interface(training) {
        let taken = |model: bool| params.iter().filter(move |p| model || **p != Model);
        let signature = |module: &ObjectModule, model: bool| {
            let mut signature = module.make_signature();
            signature.params = taken(model).map(|p| AbiParam::new(type_of(*p))).collect();
            signature.returns = match gives {
                Gives::Nothing => Vec::new(),
                Gives::Status => vec![AbiParam::new(types::I32)],
                Gives::Pointer => vec![AbiParam::new(types::I64)],
            };
            signature
        };
        let (own, general) = (signature(&module, false), signature(&module, true));
        let callee = module
            .declare_function(&format!("gdl_{name}"), Linkage::Import, &general)
            .map_err(|e| fail(&e))?;
        let id = module
            .declare_function(&format!("{prefix}_{name}"), Linkage::Export, &own)
            .map_err(|e| fail(&e))?;
        context.func.signature = own;
        context.func.name = UserFuncName::user(0, id.as_u32());
        let callee = module.declare_func_in_func(callee, &mut context.func);
        let parts = module.declare_data_in_func(parts, &mut context.func);
        let mut b = FunctionBuilder::new(&mut context.func, &mut builder_context);
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        b.seal_block(entry);
        let given = b.block_params(entry).to_vec();
        let mut given = given.into_iter();
        let mut arguments = Vec::with_capacity(params.len());
        for p in params {
            let model = *p == Model;
            let argument = if model {
                Some(b.ins().symbol_value(types::I64, parts))
            } else {
                given.next()
            };
            arguments.extend(argument);
        }
        let call = b.ins().call(callee, &arguments);
        let results = b.inst_results(call).to_vec();
        b.ins().return_(&results);
        b.finalize(module.target_config());
        module.define_function(id, &mut context).map_err(|e| fail(&e))?;
        module.clear_context(&mut context);
    }
    module.finish().emit().map_err(|e| fail(&e))
}

fn fail(e: &dyn std::fmt::Display) -> CodegenError {
    CodegenError(format!("the object file cannot be made: {e}"))
}

fn type_of(p: Param) -> Type {
    match p {
        Word => types::I32,
        Real => types::F64,
        Pointer | Model => types::I64,
    }
}

/// The kernels, as one run of code that nothing calls by name.
fn machine_code(module: &mut ObjectModule, prefix: &str, code: &[u8]) -> Result<FuncId, CodegenError> {
    let signature = module.make_signature();
    let id = module
        .declare_function(&format!("{prefix}_kernels"), Linkage::Local, &signature)
        .map_err(|e| fail(&e))?;
    // A function has at least one byte: a return.
    let code = if code.is_empty() { &[0xc3][..] } else { code };
    module
        .define_function_bytes(id, ALIGN as u64, code, &[])
        .map_err(|e| fail(&e))?;
    Ok(id)
}

fn bytes(module: &mut ObjectModule, name: &str, bytes: &[u8]) -> Result<DataId, CodegenError> {
    let id = module
        .declare_data(name, Linkage::Local, false, false)
        .map_err(|e| fail(&e))?;
    let mut data = DataDescription::new();
    // An address of its own even if there are none.
    data.define(if bytes.is_empty() { vec![0] } else { bytes.to_vec() }.into_boxed_slice());
    data.set_align(ALIGN as u64);
    module.define_data(id, &data).map_err(|e| fail(&e))?;
    Ok(id)
}

enum Address {
    Data(DataId),
    Code(FuncId),
}

/// Addresses and lengths, as `gdl_capi::Parts`.
fn parts(module: &mut ObjectModule, prefix: &str, all: [(Address, usize); 3]) -> Result<DataId, CodegenError> {
    let id = module
        .declare_data(&format!("{prefix}_parts"), Linkage::Local, false, false)
        .map_err(|e| fail(&e))?;
    let lengths = all
        .iter()
        .flat_map(|(_, len)| [0, *len as u64])
        .flat_map(u64::to_le_bytes);
    let mut data = DataDescription::new();
    data.define(lengths.collect());
    data.set_align(8);
    for (k, (address, _)) in all.iter().enumerate() {
        let at = 16 * k as u32;
        match address {
            Address::Data(d) => {
                let value = module.declare_data_in_data(*d, &mut data);
                data.write_data_addr(at, value, 0);
            }
            Address::Code(f) => {
                let function = module.declare_func_in_data(*f, &mut data);
                data.write_function_addr(at, function);
            }
        }
    }
    module.define_data(id, &data).map_err(|e| fail(&e))?;
    Ok(id)
}
