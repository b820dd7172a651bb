//! Choices: steps that fill tables, by which other steps read.

use super::{At, Scheduler, Target};
use crate::CodegenError;
use crate::loop_ir::{Choose, Step, Table, TableId};
use gdl_abi::{DimDef, DimId, SAMPLES};
use gdl_core::ir::{Op, Value};

/// The tables of a choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tables {
    /// The chosen row of every row.
    pub rows: TableId,
    /// Where the choosers of every row begin in `order`.
    pub ptr: TableId,
    /// The rows by what they chose.
    pub order: TableId,
}

impl Scheduler<'_> {
    /// The step of a choice.
    pub(super) fn choose(&mut self, v: Value) -> Result<Step, CodegenError> {
        let at = self.here(v);
        let (Op::Choose { key, chosen }, id) = (self.op(at), self.choice_id(at)) else {
            return Err(CodegenError::internal("not a choice"));
        };
        if self.target == Target::Gpu {
            self.device_tables(id, *chosen)?;
        }
        let place = self.memory(At { v: *key, ..at });
        let (key, offset) = place.ok_or(CodegenError::internal("a choice by what is not stored"))?;
        let offset = offset.affine();
        Ok(Step::Choose(Choose {
            id,
            chosen: *chosen,
            key,
            offset: offset.ok_or(CodegenError::internal("an array that begins at no fixed place"))?,
        }))
    }

    /// The tables that shaders of choices read and write, whoever else does.
    fn device_tables(&mut self, id: u32, chosen: DimId) -> Result<(), CodegenError> {
        let domains = &self.program.domains;
        let lacking = || CodegenError::internal("a choice without a dim of keys");
        let keys = domains.keys_of(chosen).ok_or_else(lacking)?;
        let &DimDef::Chosen { of, each, .. } = domains.dim_def(chosen) else {
            return Err(lacking());
        };
        for dim in [of, each, chosen, keys] {
            self.table(Table::SamplePtr(dim));
        }
        self.table(Table::Chosen(id, chosen));
        self.table(Table::ChosenPtr(id, chosen));
        self.table(Table::ChosenOrder(id, chosen));
        Ok(())
    }

    /// The tables of a choice, here or outside of the loops around.
    pub(super) fn choice(&mut self, at: At) -> Tables {
        let mut at = at;
        while let Some(outer) = self.outer(at) {
            at = outer;
        }
        let (id, dim) = (self.choice_id(at), self.shape(at).dim.unwrap_or(SAMPLES));
        Tables {
            rows: self.table(Table::Chosen(id, dim)),
            ptr: self.table(Table::ChosenPtr(id, dim)),
            order: self.table(Table::ChosenOrder(id, dim)),
        }
    }

    fn choice_id(&mut self, at: At) -> u32 {
        let key = (self.scopes[at.depth].time_loop, at.v);
        let known = self.choices.iter().position(|c| *c == key);
        let id = known.unwrap_or_else(|| {
            self.choices.push(key);
            self.choices.len() - 1
        });
        id as u32
    }
}
