//! Finite groups with their elements listed and numbered: products, inverses, words, conjugacy classes.

use super::classes::Classes;
use super::lattice::SubgroupClass;
use super::realise::RealIrreps;
use super::table::CharacterTable;
use crate::element::Element;
use crate::error::Error;
use crate::group::Group;
use crate::stop;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

/// The structure of groups with at most this many elements is computed.
pub const MAX_LISTED: u64 = 200_000;

/// Up to this order all products are kept in a table.
const MAX_TABLE: usize = 2048;

/// Groups that are remembered.
const MAX_CACHED: usize = 64;

/// A finite group with its elements numbered as in [`Group::index`]; number 0 is the identity.
#[derive(Debug)]
pub struct Finite {
    group: Group,
    elements: Vec<Element>,
    generators: Vec<u32>,
    inverses: Vec<u32>,
    /// For each element but the identity, a generator s and a shorter element y with element = s·y.
    shorter: Vec<(u32, u32)>,
    /// Numbers by distance from the identity.
    by_length: Vec<u32>,
    products: Option<Vec<u32>>,
    classes: OnceLock<Classes>,
    pub(super) table: OnceLock<Result<Arc<CharacterTable>, Error>>,
    pub(super) real: OnceLock<Result<RealIrreps, Error>>,
    pub(super) lattice: OnceLock<Result<Vec<SubgroupClass>, Error>>,
    pub(super) automorphisms: OnceLock<Result<u64, Error>>,
}

impl Group {
    /// The group with its elements listed; the result is remembered. An error if it is infinite or has more than
    /// [`MAX_LISTED`] elements.
    pub fn finite(&self) -> Result<Arc<Finite>, Error> {
        static KNOWN: OnceLock<Mutex<HashMap<Group, Arc<Finite>>>> = OnceLock::new();
        let known = KNOWN.get_or_init(Mutex::default);
        let locked = || known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(found) = locked().get(self) {
            return Ok(found.clone());
        }
        let made = Arc::new(Finite::new(self)?);
        let mut cache = locked();
        if cache.len() >= MAX_CACHED {
            cache.clear();
        }
        Ok(cache.entry(self.clone()).or_insert(made).clone())
    }
}

impl Finite {
    fn new(group: &Group) -> Result<Finite, Error> {
        match group.order() {
            None => return Err(Error::Invalid(format!("{group} is infinite"))),
            Some(order) if order > MAX_LISTED.into() => {
                return Err(Error::TooLarge(format!(
                    "{group} has {order} elements; classes, characters and subgroups are computed up to {MAX_LISTED}"
                )));
            }
            Some(_) => {}
        }
        let elements = group.elements()?;
        let n = elements.len();
        let number = |g: &Element| group.index(g).map(|i| i as u32).ok_or_else(|| group.foreign(g));
        let mut generators = vec![];
        let mut left = vec![];
        for s in group.generators() {
            let row = elements
                .iter()
                .map(|g| number(&s.compose(g).ok_or_else(|| group.foreign(g))?))
                .collect::<Result<Vec<u32>, Error>>()?;
            generators.push(number(&s)?);
            left.push(row);
        }
        let inverses = elements
            .iter()
            .map(|g| number(&g.inverse()))
            .collect::<Result<_, _>>()?;
        let mut shorter = vec![(u32::MAX, u32::MAX); n];
        let mut by_length = vec![0u32];
        let mut next = 0;
        while let Some(&at) = by_length.get(next) {
            next += 1;
            for (s, row) in left.iter().enumerate() {
                let to = row[at as usize];
                if to != 0 && shorter[to as usize].0 == u32::MAX {
                    shorter[to as usize] = (s as u32, at);
                    by_length.push(to);
                }
            }
        }
        let products = (n <= MAX_TABLE).then(|| {
            let mut table = vec![0u32; n * n];
            for (j, entry) in table[..n].iter_mut().enumerate() {
                *entry = j as u32;
            }
            for &i in &by_length[1..] {
                stop::check();
                let (s, y) = shorter[i as usize];
                for j in 0..n {
                    table[i as usize * n + j] = left[s as usize][table[y as usize * n + j] as usize];
                }
            }
            table
        });
        Ok(Finite {
            group: group.clone(),
            elements,
            generators,
            inverses,
            shorter,
            by_length,
            products,
            classes: OnceLock::new(),
            table: OnceLock::new(),
            real: OnceLock::new(),
            lattice: OnceLock::new(),
            automorphisms: OnceLock::new(),
        })
    }

    /// The group.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// The number of elements.
    pub fn order(&self) -> usize {
        self.elements.len()
    }

    /// All elements in the order of their numbers.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// The numbers of the generators.
    pub fn generators(&self) -> &[u32] {
        &self.generators
    }

    /// a·b: `a` after `b`.
    pub fn product(&self, a: u32, b: u32) -> u32 {
        if a == 0 {
            return b;
        }
        match &self.products {
            Some(table) => table[a as usize * self.order() + b as usize],
            None => {
                let product = self.elements[a as usize].compose(&self.elements[b as usize]);
                // Closed under products by construction.
                product.and_then(|g| self.group.index(&g)).unwrap_or_default() as u32
            }
        }
    }

    /// The inverse.
    pub fn inverse(&self, g: u32) -> u32 {
        self.inverses[g as usize]
    }

    /// g h g⁻¹.
    pub fn conjugate(&self, g: u32, h: u32) -> u32 {
        self.product(self.product(g, h), self.inverse(g))
    }

    /// The smallest k ≥ 1 with g^k = 1.
    pub fn order_of(&self, g: u32) -> u32 {
        let classes = self.classes();
        classes.orders()[classes.of(g)]
    }

    /// A shortest word for an element: numbers of generators whose product it is, the leftmost factor first.
    pub fn word(&self, g: u32) -> Vec<u32> {
        let mut word = vec![];
        let mut at = g;
        while at != 0 {
            let (s, y) = self.shorter[at as usize];
            word.push(s);
            at = y;
        }
        word
    }

    /// Every element but the identity, shorter words first, as (element, generator s, shorter element y) with element = s·y.
    pub fn spanning_tree(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        self.by_length[1..].iter().map(|&g| {
            let (s, y) = self.shorter[g as usize];
            (g, s, y)
        })
    }

    /// The conjugacy classes.
    pub fn classes(&self) -> &Classes {
        self.classes.get_or_init(|| Classes::new(self))
    }

    /// Does every element commute with every other?
    pub fn is_abelian(&self) -> bool {
        let commute = |&a: &u32| {
            self.generators
                .iter()
                .all(|&b| self.product(a, b) == self.product(b, a))
        };
        self.generators.iter().all(commute)
    }
}
