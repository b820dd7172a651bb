//! The C header of a library: all of its documentation.

use super::{Library, Training, names};
use gdl_host::data::shape_of;
use std::fmt::Write;

/// What all headers share; several may be included in one file.
const TYPES: &str = r#"#ifndef GDL_TYPES
#define GDL_TYPES 1

/* The version of the interface that this header describes. */
#define GDL_ABI 1

/* What functions return. After anything but GDL_OK, NAME_error says what is wrong. */
typedef int32_t gdl_status;
enum {
  GDL_OK = 0,
  GDL_ARGUMENT = 1,    /* an argument is null, is no array, or has no such name */
  GDL_DATA = 2,        /* an array does not fit the model: shape, type, NaN, range */
  GDL_FILE = 3,        /* a file cannot be read, or is not what it should be */
  GDL_RUN = 4,         /* memory or threads could not be had */
  GDL_UNSUPPORTED = 5, /* the library was built without this, or for another processor */
  GDL_WRONG_ABI = 6,   /* this header and the library do not belong together */
  GDL_INTERNAL = 7     /* a defect of the library */
};

/* Element types. */
enum { GDL_F32 = 1, GDL_F64 = 2, GDL_I32 = 3, GDL_I64 = 4, GDL_U8 = 5 };

#define GDL_MAX_AXES 8

/* An array of the caller. The library reads or writes it during a call and keeps no pointer to it. It need not be aligned.
 * Strides count elements; all 0 means row-major, the last axis fastest. data = NULL: no array. */
typedef struct gdl_array {
  void *data;
  int32_t dtype;
  int32_t ndim;
  int64_t shape[GDL_MAX_AXES];
  int64_t strides[GDL_MAX_AXES];
} gdl_array;

/* Where a training stands: steps before this one, steps in all, steps an epoch. */
typedef struct gdl_progress {
  uint64_t step;
  uint64_t steps;
  uint64_t epoch;
} gdl_progress;

/* A row-major array of up to four axes. */
static inline gdl_array gdl_array_of(void *data, int32_t dtype, int32_t ndim, int64_t n0, int64_t n1, int64_t n2, int64_t n3) {
  gdl_array a;
  int k;
  a.data = data;
  a.dtype = dtype;
  a.ndim = ndim;
  for (k = 0; k < GDL_MAX_AXES; k++) a.shape[k] = a.strides[k] = 0;
  a.shape[0] = n0;
  a.shape[1] = n1;
  a.shape[2] = n2;
  a.shape[3] = n3;
  return a;
}

#endif
"#;

impl Library<'_> {
    /// The text of the header.
    pub(super) fn header(&self) -> String {
        let name = self.name();
        let upper = name.to_uppercase();
        let text = |key: &str| self.of.manifest.get(key).and_then(|v| v.as_str()).unwrap_or_default();
        let real = if self.of.double { "GDL_F64" } else { "GDL_F32" };
        let mut out = format!(
            "/* {}, a model compiled by gdl {}. Made by a program: do not edit.\n",
            self.of.model,
            env!("CARGO_PKG_VERSION")
        );
        comment(&mut out, text("doc"));
        comment(&mut out, &self.of.certificate());
        comment(&mut out, &self.usage(&name, real));
        out.push_str(" */\n");
        let _ = write!(
            out,
            "#ifndef {upper}_H\n#define {upper}_H\n\n#include <stdint.h>\n\n#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n{TYPES}\n"
        );
        let _ = writeln!(
            out,
            "/* A model ready to be called. */\ntypedef struct {name} {name};\n"
        );
        let _ = writeln!(
            out,
            "/* The arrays of a call. Reals may be of any type. */\ntypedef struct {name}_inputs {{"
        );
        for a in self.of.listed() {
            let _ = writeln!(
                out,
                "  gdl_array {}; /* {} */",
                names::field(&a.name),
                self.of.argument(&a)
            );
        }
        let _ = writeln!(out, "}} {name}_inputs;\n");
        let _ = writeln!(
            out,
            "/* The results, of type GDL_F32 or GDL_F64. One with data = NULL is not written; the call says its shape and type instead. */\ntypedef struct {name}_outputs {{"
        );
        for d in &self.of.signature.outputs {
            let shape = shape_of(self.of.signature, d);
            let _ = writeln!(
                out,
                "  gdl_array {}; /* [{shape}]{} */",
                names::field(&d.name),
                self.of.type_of(&d.name)
            );
        }
        let _ = writeln!(out, "}} {name}_outputs;\n");
        out.push_str(&self.functions(&name, &upper));
        if let Some(training) = self.training {
            out.push_str(&self.training(training, &name, &upper));
        }
        out.push_str("#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
        out
    }

    fn usage(&self, name: &str, real: &str) -> String {
        let weights = if self.weights.is_empty() && !self.of.signature.params.is_empty() {
            format!("\n  {name}_load(model, \"weights.safetensors\");")
        } else {
            String::new()
        };
        format!(
            "Use:
  {name} *model;
  if ({name}_new(GDL_ABI, 1, &model) != GDL_OK) puts({name}_error(model));{weights}
  {name}_inputs in = {{0}};      fill in what is not optional, as in
  in.x = gdl_array_of(numbers, {real}, 2, rows, columns, 0, 0);
  {name}_outputs out = {{0}};
  {name}_forward(model, &in, &out);
  {name}_free(model);
A context may be used by several threads at once; NAME_error is then about the last call of any of them that failed.
Link with -l{name}, or `pkg-config --cflags --libs {name}`; a static library with --static."
        )
    }

    fn functions(&self, name: &str, upper: &str) -> String {
        let mut out = format!(
            "/* Makes a context that runs on `threads` threads (1 to 1024). Pass GDL_ABI as `abi`. Where this fails, *model is a context all the same,
 * of which only the error can be asked; it is NULL only if there is no memory for it. */
gdl_status {name}_new(uint32_t abi, uint32_t threads, {name} **model);

/* Frees a context. NULL is left alone. */
void {name}_free({name} *model);

/* Why the last call failed, in words; empty if none has. The text stays until another call fails or the context is freed. */
const char *{name}_error(const {name} *model);

/* What the model is, as JSON: inputs, outputs, representations, certificate, licences. The text stays as long as the context. */
const char *{name}_manifest(const {name} *model);

/* Takes the weights from a .safetensors file; those of another model are refused. */
gdl_status {name}_load(const {name} *model, const char *path);

/* Writes the weights to a .safetensors file, which `gdl run` and `gdl train` read too. */
gdl_status {name}_save(const {name} *model, const char *path);

/* The parameters, by their paths in the model (the manifest and `gdl params` list them). */
#define {upper}_PARAMETERS {count}
gdl_status {name}_get_parameter(const {name} *model, const char *path, gdl_array *value);
gdl_status {name}_set_parameter(const {name} *model, const char *path, const gdl_array *value);

/* The types and shapes that the outputs for these inputs will have: written to `outputs`, of which nothing else is read or written. */
gdl_status {name}_describe(const {name} *model, const {name}_inputs *inputs, {name}_outputs *outputs);

/* The outputs. Nothing is written unless everything fits. */
gdl_status {name}_forward(const {name} *model, const {name}_inputs *inputs, {name}_outputs *outputs);

",
            count = self.of.signature.params.len()
        );
        let missing = if self.gradient {
            ""
        } else {
            "\n * This library was built without it: GDL_UNSUPPORTED."
        };
        let _ = write!(
            out,
            "/* The gradients of the sum of cotangents * outputs for real inputs and for parameters. Cotangents with data = NULL are 0; gradients with
 * data = NULL are not written, only described. `gradients` may be NULL, and so may `parameters`, which otherwise has {upper}_PARAMETERS arrays in the
 * order of the manifest.{missing} */
gdl_status {name}_gradient(const {name} *model, const {name}_inputs *inputs, const {name}_outputs *cotangents, {name}_inputs *gradients,
                     gdl_array *parameters);

/* Neighbours among points [n, d], d = 1, 2, 3: edges [e, 2] of type GDL_I64 (source, destination), sorted by destination, and their periodic
 * shifts [e, d]. Call with data = NULL to learn e. `cell` [d, d] and `pbc` [d] may be NULL; so may `shift`. */
gdl_status {name}_neighbours(const {name} *model, const gdl_array *pos, const gdl_array *cell, const gdl_array *pbc, double cutoff,
                       gdl_array *edges, gdl_array *shift);
gdl_status {name}_nearest(const {name} *model, const gdl_array *pos, const gdl_array *cell, const gdl_array *pbc, uint32_t k,
                    gdl_array *edges, gdl_array *shift);

/* Edges [e, 2] of a triangle mesh, their angles and transports [e] in radians, and frames [vertices, 3, 3]: tangents and normal as rows.
 * All but `edges` may be NULL. */
gdl_status {name}_mesh(const {name} *model, const gdl_array *pos, const gdl_array *faces, gdl_array *edges, gdl_array *angle,
                 gdl_array *transport, gdl_array *frames);

"
        );
        out
    }

    fn training(&self, training: &Training, name: &str, upper: &str) -> String {
        let mut out = format!("/* The arrays of a batch for training. */\ntypedef struct {name}_batch {{\n");
        for a in training.listed() {
            let _ = writeln!(
                out,
                "  gdl_array {}; /* {} */",
                names::field(&a.name),
                self.of.argument(&a)
            );
        }
        let scores = training.recipe.plan.names();
        let _ = write!(
            out,
            "}} {name}_batch;

/* One step of training on a batch, by the optimiser of the model's `train` block: the weights change, for all threads that use the context.
 * `progress`, by which the learning rate is scheduled, may be NULL: then it is the first of one step. `scores` is NULL or gets {upper}_SCORES numbers,
 * means over the batch before the step: {names}. If the loss or a gradient is not finite (GDL_DATA), the weights stay as they are. What the
 * optimiser remembers begins anew after {name}_load. */
#define {upper}_SCORES {count}
gdl_status {name}_train(const {name} *model, const {name}_batch *batch, const gdl_progress *progress, double *scores);

",
            names = scores.join(", "),
            count = scores.len(),
        );
        out
    }
}

/// Adds the lines of a text to a comment.
fn comment(out: &mut String, text: &str) {
    if text.is_empty() {
        return;
    }
    out.push_str(" *\n");
    for line in text.lines() {
        let line = line.replace("*/", "* /");
        let _ = writeln!(out, " * {}", line.trim_end());
    }
}
