//! Choices: sorts numbers and fills the tables by which other steps read.

use super::run::Call;
use crate::RunError;
use crate::gemm::Real;
use gdl_abi::plan::{Choose, Table};
use gdl_abi::{DimDef, DimId, MapData, SAMPLES};
use std::cmp::Ordering;
use std::ops::Range;

impl Call<'_> {
    /// Fills the tables of a choice: for every chooser the rows with the largest numbers, of equal ones the first first; NaN comes last.
    pub(super) fn choose<T: Real + PartialOrd>(&self, c: &Choose) -> Result<(), RunError> {
        let domains = &self.program.plan.signature.domains;
        let &DimDef::Chosen { of, each, others, .. } = domains.dim_def(c.chosen) else {
            return Err(RunError("a choice without a dim of choices".into()));
        };
        let key = self.keys::<T>(c, of, each);
        let mut chosen = Vec::with_capacity(self.batch.rows[c.chosen.0 as usize]);
        let mut first = 0;
        for sample in 0..self.batch.rows[0] {
            let (choosers, rows) = (self.span(each, sample).len(), self.span(of, sample));
            let count = self.span(c.chosen, sample).len().checked_div(choosers).unwrap_or(0);
            for own in 0..choosers {
                let keys = &key[first..first + rows.len()];
                first += rows.len();
                let own = others.then_some(own as u32);
                chosen.extend(best(keys, count, own).into_iter().map(|k| rows.start as u32 + k));
            }
        }
        let targets = self.batch.rows[of.0 as usize];
        let MapData { index, ptr, order } = MapData::new(chosen, targets);
        for (k, table) in self.program.plan.tables.iter().enumerate() {
            let from = match table {
                Table::Chosen(id, _) if *id == c.id => &index,
                Table::ChosenPtr(id, _) if *id == c.id => &ptr,
                Table::ChosenOrder(id, _) if *id == c.id => &order,
                _ => continue,
            };
            // SAFETY: such tables are memory of this call of the length of `from` (`tables::build`), and no kernel is running.
            unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), self.tables[k].cast_mut(), from.len()) };
        }
        Ok(())
    }

    /// The numbers by which is chosen, chooser by chooser.
    fn keys<T>(&self, c: &Choose, of: DimId, each: DimId) -> &[T] {
        let per_sample = |s: usize| match each {
            SAMPLES => self.span(of, s).len(),
            _ => self.span(each, s).len() * self.span(of, s).len(),
        };
        let len = (0..self.batch.rows[0]).map(per_sample).sum();
        // SAFETY: part 0 is not running; the buffer has a row for every row of the dim of numbers, one number each.
        unsafe {
            let part = &*self.part(0);
            let at = part.buffers[c.key.0 as usize].cast::<T>();
            std::slice::from_raw_parts(at.wrapping_offset(self.offset(&c.offset)), len)
        }
    }

    /// The rows of a dim in a sample.
    fn span(&self, d: DimId, sample: usize) -> Range<usize> {
        let ptr = &self.batch.sample_ptr[d.0 as usize];
        ptr[sample] as usize..ptr[sample + 1] as usize
    }
}

/// The places of the `count` largest numbers, largest first, without `own`.
fn best<T: PartialOrd>(keys: &[T], count: usize, own: Option<u32>) -> Vec<u32> {
    let mut places: Vec<u32> = (0..keys.len() as u32).filter(|k| Some(*k) != own).collect();
    let before = |a: &u32, b: &u32| {
        let (x, y) = (&keys[*a as usize], &keys[*b as usize]);
        match y.partial_cmp(x) {
            Some(Ordering::Equal) => a.cmp(b),
            Some(order) => order,
            // NaN is below everything else.
            None => {
                let nan = |v: &T| v.partial_cmp(v).is_none();
                nan(x).cmp(&nan(y)).then(a.cmp(b))
            }
        }
    };
    if count < places.len() {
        if count > 0 {
            places.select_nth_unstable_by(count - 1, before);
        }
        places.truncate(count);
    }
    places.sort_unstable_by(before);
    places
}

#[cfg(test)]
mod tests {
    use super::best;

    #[test]
    fn the_largest_come_first_and_the_first_of_equal_ones() {
        assert_eq!(best(&[1.0, 3.0, 2.0, 3.0], 3, None), [1, 3, 2]);
        assert_eq!(best(&[1.0, 3.0, 2.0, 3.0], 3, Some(1)), [3, 2, 0]);
        assert_eq!(best(&[f32::NAN, -1.0, f32::NAN, 0.0], 9, None), [3, 1, 0, 2]);
        assert_eq!(best::<f32>(&[], 2, None), []);
        assert_eq!(best(&[1.0], 0, None), []);
    }
}
