//! The structure of a listed group: centre, series, predicates; each subgroup as a value.

use super::listed::Finite;
use super::members::Members;
use crate::element::Element;
use crate::error::Error;
use crate::group::Group;
use crate::subgroup::Subgroup;

impl Finite {
    /// A set of elements as a subgroup of the group.
    pub fn subgroup(&self, members: &Members) -> Result<Subgroup, Error> {
        let generators: Vec<Element> = members
            .generators()
            .iter()
            .map(|&g| self.elements()[g as usize].clone())
            .collect();
        Subgroup::generated(self.group(), &generators)
    }

    /// A subgroup of the group as a set of element numbers.
    pub fn members(&self, subgroup: &Subgroup) -> Result<Members, Error> {
        if subgroup.parent() != self.group() {
            return Err(Error::Invalid(format!(
                "{subgroup} is not a subgroup of {}",
                self.group()
            )));
        }
        let number = |g: &Element| {
            self.group()
                .index(g)
                .map(|i| i as u32)
                .ok_or_else(|| self.group().foreign(g))
        };
        let generators = subgroup
            .generators()
            .iter()
            .map(number)
            .collect::<Result<Vec<u32>, _>>()?;
        Ok(Members::generated(self, &generators))
    }

    /// The elements that commute with all.
    pub fn center(&self) -> Members {
        Members::whole(self).centralizer(self, self.generators())
    }

    /// The exponent: the smallest k with g^k = 1 for all g.
    pub fn exponent(&self) -> u64 {
        let orders = self.classes().orders().iter();
        orders.fold(1, |e, &o| num_integer::lcm(e, u64::from(o)))
    }

    /// G ≥ G′ ≥ G″ ≥ … until it is constant; the group first.
    pub fn derived_series(&self) -> Vec<Members> {
        descend(Members::whole(self), |last| last.derived(self))
    }

    /// G ≥ \[G, G\] ≥ \[G, \[G, G\]\] ≥ … until it is constant; the group first.
    pub fn lower_central_series(&self) -> Vec<Members> {
        descend(Members::whole(self), |last| {
            let mut commutators = vec![];
            for &a in last.generators() {
                for &s in self.generators() {
                    let (xy, yx) = (self.product(a, s), self.product(s, a));
                    commutators.push(self.product(xy, self.inverse(yx)));
                }
            }
            Members::closure_under(self, &commutators, self.generators())
        })
    }

    /// Does the derived series end with the trivial group?
    pub fn is_solvable(&self) -> bool {
        self.derived_series().last().is_some_and(|last| last.order() == 1)
    }

    /// Does the lower central series end with the trivial group?
    pub fn is_nilpotent(&self) -> bool {
        self.lower_central_series().last().is_some_and(|last| last.order() == 1)
    }

    /// No normal subgroups but the trivial one and itself, which are different?
    pub fn is_simple(&self) -> bool {
        let mut classes = self.classes().members().iter().skip(1);
        self.order() > 1
            && classes.all(|class| Members::closure_under(self, &class[..1], self.generators()).order() == self.order())
    }

    /// A chain of subgroups from the group to the trivial one, each a maximal normal subgroup of the one before; the
    /// quotients are simple.
    pub fn composition_series(&self) -> Result<Vec<Members>, Error> {
        let mut series = vec![Members::whole(self)];
        while let Some(last) = series.last().filter(|last| last.order() > 1) {
            let next = self.maximal_normal(last)?;
            series.push(next);
        }
        Ok(series)
    }

    /// A largest proper subgroup that is normal in the given one.
    fn maximal_normal(&self, of: &Members) -> Result<Members, Error> {
        // With a proper commutator subgroup: one of prime index above it.
        let derived = of.derived(self);
        if derived.order() < of.order() {
            let mut best = derived;
            for g in of.ascending() {
                let mut larger = best.clone();
                larger.extend(self, g);
                if larger.order() < of.order() {
                    best = larger;
                }
            }
            return Ok(best);
        }
        // A perfect group: joins of closures of elements, as long as they are proper.
        let mut best = Members::trivial(self);
        for g in of.ascending() {
            if best.contains(g) {
                continue;
            }
            let elements = [best.generators(), &[g]].concat();
            let closure = Members::closure_under(self, &elements, of.generators());
            if closure.order() < of.order() {
                best = closure;
            }
        }
        Ok(best)
    }

    /// A Sylow p-subgroup: extended inside normalisers by elements of p-power order.
    pub fn sylow(&self, p: u64) -> Members {
        let mut best = Members::trivial(self);
        let whole = Members::whole(self);
        let is_power = |mut order: u64| {
            while p > 1 && order.is_multiple_of(p) {
                order /= p;
            }
            order == 1
        };
        loop {
            let normalizer = whole.normalizer(self, &best);
            let more = normalizer
                .ascending()
                .into_iter()
                .find(|&g| !best.contains(g) && is_power(u64::from(self.order_of(g))));
            match more {
                Some(g) => best.extend(self, g),
                None => return best,
            }
        }
    }
}

/// first ≥ next(first) ≥ … while it falls.
fn descend(first: Members, next: impl Fn(&Members) -> Members) -> Vec<Members> {
    let mut series = vec![first];
    while let Some(last) = series.last() {
        let lower = next(last);
        if lower.order() == last.order() {
            break;
        }
        series.push(lower);
    }
    series
}

impl Subgroup {
    /// The elements that commute with all of a finite group.
    pub fn center(parent: &Group) -> Result<Subgroup, Error> {
        let finite = parent.finite()?;
        finite.subgroup(&finite.center())
    }

    /// The elements g of the parent with g H g⁻¹ = H.
    pub fn normalizer(&self) -> Result<Subgroup, Error> {
        let finite = self.parent().finite()?;
        let members = finite.members(self)?;
        finite.subgroup(&Members::whole(&finite).normalizer(&finite, &members))
    }

    /// One subgroup of each conjugacy class, by order, with the number of its conjugates.
    pub fn classes(parent: &Group) -> Result<Vec<(Subgroup, usize)>, Error> {
        let finite = parent.finite()?;
        let classes = finite.subgroup_classes()?;
        classes
            .iter()
            .map(|c| Ok((finite.subgroup(&c.representative)?, c.size)))
            .collect()
    }

    /// The normal subgroups, by order.
    pub fn normal(parent: &Group) -> Result<Vec<Subgroup>, Error> {
        let finite = parent.finite()?;
        finite.normal_subgroups()?.iter().map(|m| finite.subgroup(m)).collect()
    }

    /// A composition series, the group first ([`Finite::composition_series`]).
    pub fn composition_series(parent: &Group) -> Result<Vec<Subgroup>, Error> {
        let finite = parent.finite()?;
        finite
            .composition_series()?
            .iter()
            .map(|m| finite.subgroup(m))
            .collect()
    }
}
