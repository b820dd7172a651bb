//! Banks: the bindings in which reals lie.
//!
//! Devices limit the size of a binding. What does not fit into one lies in up to [`BANKS`], each filled before the next one is used; an array is
//! never cut. Shaders are written for one bank; for more, accesses are renamed by where their arrays lie
//! ([`in_banks`](gdl_abi::shader::in_banks)).

use gdl_abi::plan::Life;
use gdl_abi::shader::{ALIGN, BANKS};
use gdl_runtime::exec::place;

/// Where an array begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its bank.
    pub bank: usize,
    /// The number of its first element there.
    pub at: usize,
}

/// Banks that are being filled.
pub struct Banks {
    /// Elements that a bank has room for.
    room: usize,
    /// Elements in use.
    used: [usize; BANKS],
}

/// There is no room left.
pub struct Full;

impl Banks {
    /// Empty banks with room for so many elements each.
    pub fn new(room: usize) -> Banks {
        Banks { room, used: [0; BANKS] }
    }

    /// A place for an array that is in use all the time: in the first bank with room for it, or in the wanted one.
    pub fn put(&mut self, len: usize, wanted: Option<usize>) -> Result<Place, Full> {
        let len = len.next_multiple_of(ALIGN);
        let fits = |b: &usize| self.used[*b] + len <= self.room && wanted.is_none_or(|w| w == *b);
        let bank = (0..BANKS).find(fits).ok_or(Full)?;
        let at = self.used[bank];
        self.used[bank] += len;
        Ok(Place { bank, at })
    }

    /// Places for arrays that are in use for a while, after everything else.
    pub fn put_temporary(mut self, lives: &[Life], sizes: &[usize], wanted: Option<&[usize]>) -> Result<Placed, Full> {
        let rooms = self.used.map(|used| self.room - used);
        let found = place::place_in(lives, sizes, &rooms, wanted).ok_or(Full)?;
        let places = found
            .places
            .into_iter()
            .map(|(bank, at)| Place {
                bank,
                at: self.used[bank] + at,
            })
            .collect();
        self.used.iter_mut().zip(found.used).for_each(|(u, more)| *u += more);
        let banks = self.used.iter().rposition(|n| *n > 0).map_or(1, |last| last + 1);
        Ok(Placed {
            places,
            lens: self.used[..banks].to_vec(),
        })
    }
}

/// Everything has its place.
pub struct Placed {
    /// Of temporary arrays.
    pub places: Vec<Place>,
    /// Elements of every bank that is in use; one at least.
    pub lens: Vec<usize>,
}
