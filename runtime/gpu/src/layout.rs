//! Where everything lies in the memory of a GPU for one batch: reals, tables, and the `env` that says so.

use crate::GpuError;
use crate::banks::{Banks, Full, Place};
use crate::error::no_room;
use crate::products::{self, reads_inside};
use gdl_abi::Instance;
use gdl_abi::plan::{Home, KernelHead, Life, Plan, Size, Space, Step, Table};
use gdl_abi::shader::{ALIGN, BANKS, Env, Lasting, Shader};
use gdl_runtime::RunError;
use gdl_runtime::exec::tables;

/// Parts into which rows that add to one array are cut, at most.
const PARTS: usize = 256;
/// Elements of all parts' copies together, at most.
const COPIES: usize = 1 << 24;
/// What a shader can count.
const MOST: usize = i32::MAX as usize;

/// The layout of one batch.
pub struct Layout {
    /// Where every buffer begins.
    pub buffers: Vec<Place>,
    /// Elements of every bank.
    pub lens: Vec<usize>,
    /// All tables, one after the other; labels, which are inputs, are 0.
    pub tables: Vec<u32>,
    /// Where labels go, and the input that they are.
    pub labels: Vec<(usize, usize)>,
    /// `env` before the first step.
    pub env: Vec<i32>,
    /// For every kernel: rows, and the parts into which they are cut.
    pub kernels: Vec<(usize, usize)>,
    /// Where copies of parts begin.
    pub copies: Place,
}

impl Layout {
    /// The bank of every buffer, and that of copies.
    pub fn banks(&self) -> Vec<usize> {
        let all = self.buffers.iter().chain([&self.copies]);
        all.map(|place| place.bank).collect()
    }
}

/// The elements of a buffer.
pub fn elements(plan: &Plan, buffer: usize, batch: &Instance) -> usize {
    let b = &plan.buffers[buffer];
    b.dim.map_or(1, |d| batch.rows[d.0 as usize]) * b.row_len
}

/// How arrays are spread over banks.
pub struct Room<'a> {
    /// The name of the device.
    pub device: &'a str,
    /// Elements that fit into a bank.
    pub elements: usize,
    /// The banks of another batch ([`Layout::banks`]): where they have enough room they are taken again, because shaders know them.
    pub banks: Option<&'a [usize]>,
}

/// Lays out a batch.
///
/// # Errors
/// More elements than there is room for; more elements or table entries than a shader can count.
pub fn layout(
    plan: &Plan,
    shaders: &[Shader],
    lasting: &Lasting,
    batch: &Instance,
    room: &Room<'_>,
) -> Result<Layout, RunError> {
    let env = Env {
        buffers: plan.buffers.len(),
        tables: plan.tables.len(),
        sizes: plan.sizes.len(),
    };
    let mut words: Vec<i32> = Env::SPECIAL.iter().map(|&w| w as i32).collect();
    let kernels = parts(plan, shaders, batch);
    let copies = kernels
        .iter()
        .zip(shaders)
        .map(|((_, parts), s)| parts * s.folds as usize);
    let mut copies = copies.max().unwrap_or(0);
    Step::each_product(&plan.steps, &mut |g| copies = copies.max(products::copies(g, batch)));
    let reals = Reals {
        lasting,
        sizes: sizes(plan, shaders, batch),
        copies,
    };
    let again = room
        .banks
        .and_then(|banks| reals.places(plan, room.elements, Some(banks)).ok());
    let places = again.map_or_else(|| reals.places(plan, room.elements, None), Ok);
    let (buffers, copies, lens) = places.map_err(|Full| reals.too_large(plan, room))?;
    words.extend(buffers.iter().map(|place| place.at as i32));
    // Tables.
    let mut all: Vec<u32> = Vec::new();
    let mut labels = Vec::new();
    for table in &plan.tables {
        words.push(all.len() as i32);
        let built = tables::build(table, &plan.signature.domains, batch)?;
        match (built, table) {
            (Some(list), _) => all.extend(list),
            (None, Table::MapIndex(m)) => all.extend(&batch.maps[m.0 as usize].index),
            (None, Table::MapPtr(m)) => all.extend(&batch.maps[m.0 as usize].ptr),
            (None, Table::MapOrder(m)) => all.extend(&batch.maps[m.0 as usize].order),
            (None, Table::SamplePtr(d)) => all.extend(&batch.sample_ptr[d.0 as usize]),
            (None, Table::List(list)) => all.extend(list),
            (None, Table::Labels(k)) => {
                let decl = &plan.signature.inputs[*k as usize];
                let rows = decl.dim.map_or(1, |d| batch.rows[d.0 as usize]);
                labels.push((all.len(), *k as usize));
                all.resize(all.len() + rows * decl.row_len(), 0);
            }
            (None, Table::Position(_) | Table::Sample(_) | Table::Window(_) | Table::WindowBack(_)) => {}
            (None, Table::Chosen(..) | Table::ChosenPtr(..) | Table::ChosenOrder(..)) => {}
        }
    }
    words.extend(plan.sizes.iter().map(|s| tables::size(s, batch) as i32));
    for &(rows, parts) in &kernels {
        words.extend([rows as i32, parts as i32, copies.at as i32]);
    }
    debug_assert_eq!(words.len(), env.kernel(kernels.len()));
    let jobs = kernels
        .iter()
        .zip(shaders)
        .map(|(&(rows, _), s)| rows * s.width as usize);
    if jobs.chain([all.len()]).any(|n| n > MOST) {
        return Err(uncountable().into());
    }
    Ok(Layout {
        buffers,
        lens,
        tables: all,
        labels,
        env: words,
        kernels,
        copies,
    })
}

/// The elements of every buffer; none of what products compute where they read it.
fn sizes(plan: &Plan, shaders: &[Shader], batch: &Instance) -> Vec<usize> {
    let mut sizes: Vec<usize> = (0..plan.buffers.len()).map(|k| elements(plan, k, batch)).collect();
    Step::each_product(&plan.steps, &mut |g| {
        if reads_inside(g, shaders, batch).is_some() {
            sizes[g.a.buffer.0 as usize] = 0;
        }
    });
    sizes
}

/// For every kernel: rows, and the parts into which they are cut.
fn parts(plan: &Plan, shaders: &[Shader], batch: &Instance) -> Vec<(usize, usize)> {
    let of = |(head, shader): (&KernelHead, &Shader)| {
        let rows = match head.space {
            Space::Rows { dim, times } => batch.rows[dim.0 as usize] * times as usize,
            Space::Fixed(n) => n as usize,
        };
        let parts = match shader.folds as usize {
            0 => 0,
            n => rows.min(PARTS).min(COPIES / n).max(1),
        };
        (rows, parts)
    };
    plan.kernels.iter().zip(shaders).map(of).collect()
}

/// The reals of a batch.
struct Reals<'a> {
    lasting: &'a Lasting,
    /// Elements of every buffer.
    sizes: Vec<usize>,
    /// Elements of the copies of all parts, of the kernel or product that has the most.
    copies: usize,
}

impl Reals<'_> {
    /// Where everything lies, and the elements of every bank: what lasts first, then what is in use all the time, then temporary arrays.
    fn places(
        &self,
        plan: &Plan,
        room: usize,
        wanted: Option<&[usize]>,
    ) -> Result<(Vec<Place>, Place, Vec<usize>), Full> {
        let mut banks = Banks::new(room);
        banks.put(self.lasting.len, Some(0))?;
        let mut buffers = vec![Place::default(); self.sizes.len()];
        for (k, b) in plan.buffers.iter().enumerate() {
            if let Some(at) = self.lasting.at[k] {
                buffers[k].at = at;
            } else if !matches!(b.home, Home::Temp | Home::Tile) {
                buffers[k] = banks.put(self.sizes[k], wanted.map(|w| w[k]))?;
            }
        }
        let copies = banks.put(self.copies, wanted.map(|w| w[self.sizes.len()]))?;
        let mut lives = plan.lives.clone();
        tile_lives(&plan.steps, &mut 0, &mut lives);
        let of = |l: &Life| self.sizes[l.buffer.0 as usize].next_multiple_of(ALIGN);
        let sizes: Vec<usize> = lives.iter().map(of).collect();
        let bank = |w: &[usize]| lives.iter().map(|l| w[l.buffer.0 as usize]).collect::<Vec<_>>();
        let placed = banks.put_temporary(&lives, &sizes, wanted.map(bank).as_deref())?;
        for (life, place) in lives.iter().zip(placed.places) {
            buffers[life.buffer.0 as usize] = place;
        }
        Ok((buffers, copies, placed.lens))
    }

    /// What is said where there is not enough room.
    fn too_large(&self, plan: &Plan, room: &Room<'_>) -> GpuError {
        let largest = self.sizes.iter().chain([&self.lasting.len]).max().copied().unwrap_or(0);
        if largest > MOST {
            return uncountable();
        }
        let (needed, arrays) = if largest > room.elements {
            (largest, 1)
        } else {
            let all = self.places(plan, usize::MAX, None);
            (all.map_or(0, |(_, _, lens)| lens[0]), BANKS)
        };
        no_room(room.device, 4 * needed as u64, arrays, 4 * room.elements as u64)
    }
}

fn uncountable() -> GpuError {
    GpuError("the batch is too large for a shader to count: use smaller batches".into())
}

/// The matrices that are packed tile by tile on a CPU are whole here, if they are stored at all, and in use during their own step.
fn tile_lives(steps: &[Step], at: &mut usize, lives: &mut Vec<Life>) {
    for step in steps {
        match step {
            Step::Kernel(_) => *at += 1,
            Step::Gemm(g) => {
                if g.pack.is_some() {
                    lives.push(Life {
                        buffer: g.a.buffer,
                        first: *at,
                        last: *at,
                    });
                }
                *at += 1;
            }
            Step::Choose(_) => *at += 1,
            Step::Loop(l) => {
                *at += 1;
                tile_lives(&l.body, at, lives);
                *at += 1;
            }
        }
    }
}

/// The sizes that a loop changes in its step `t`, as numbers of words in `env`.
pub fn step_sizes(plan: &Plan, id: u32, t: usize, batch: &Instance) -> Vec<(usize, i32)> {
    let env = Env {
        buffers: plan.buffers.len(),
        tables: plan.tables.len(),
        sizes: plan.sizes.len(),
    };
    let value = |(k, size): (usize, &Size)| {
        let value = match size {
            Size::Step(l) if *l == id => t,
            Size::StepRows(l, d) if *l == id => t * batch.rows[d.0 as usize],
            _ => return None,
        };
        Some((env.size(gdl_abi::plan::SizeId(k as u32)), value as i32))
    };
    plan.sizes.iter().enumerate().filter_map(value).collect()
}
