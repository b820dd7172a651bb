//! Finite groups: classes, characters, subgroups.

use super::{Call, Method, one};
use crate::repl::elements;
use crate::repl::value::{Kind, Table, Value};
use crate::session::D;
use gdl_rep::{Group, Subgroup};

/// See [`super::TABLES`].
pub const METHODS: &[Method] = &[
    Method {
        name: "characters",
        on: &[Kind::Group],
        params: &[],
        doc: "The table of irreducible complex characters, exactly, with Frobenius-Schur indicators.",
        example: "characters(D(4))",
        run: |c| {
            let table = c.group().character_table().map_err(|e| c.math(e))?;
            Ok(Value::text(table.to_string().trim_end()))
        },
    },
    Method {
        name: "classes",
        on: &[Kind::Group],
        params: &[],
        doc: "The conjugacy classes: name, size, order of the elements, one of them.",
        example: "classes(S(4))",
        run: classes,
    },
    Method {
        name: "subgroups",
        on: &[Kind::Group],
        params: &[],
        doc: "The subgroups up to conjugacy, with the number of conjugates of each.",
        example: "subgroups(D(4))",
        run: subgroups,
    },
    Method {
        name: "normal_subgroups",
        on: &[Kind::Group],
        params: &[],
        doc: "The normal subgroups, by order.",
        example: "normal_subgroups(S(4))",
        run: |c| {
            let list = Subgroup::normal(&c.group()).map_err(|e| c.math(e))?;
            Ok(Value::list(list.iter().map(|s| Value::group(s.as_group()))))
        },
    },
    Method {
        name: "composition_series",
        on: &[Kind::Group],
        params: &[],
        doc: "Subgroups, each normal in the one before with a simple quotient.",
        example: "composition_series(S(4))",
        run: |c| {
            let list = Subgroup::composition_series(&c.group()).map_err(|e| c.math(e))?;
            Ok(Value::list(list.iter().map(|s| Value::group(s.as_group()))))
        },
    },
    Method {
        name: "normalizer",
        on: &[Kind::Group],
        params: &[one("H", &[Kind::Group])],
        doc: "The largest subgroup in which H is normal.",
        example: "normalizer(S(4), generated(S(4), S(4)[(1 2 3)]))",
        run: |c| {
            let sub = subgroup(c, "H")?;
            let found = sub.normalizer().map_err(|e| c.math(e))?;
            Ok(Value::group(found.as_group()))
        },
    },
    Method {
        name: "automorphisms",
        on: &[Kind::Group],
        params: &[],
        doc: "The order of the automorphism group.",
        example: "automorphisms(D(4))",
        run: |c| {
            let finite = c.group().finite().map_err(|e| c.math(e))?;
            let n = finite.automorphism_count().map_err(|e| c.math(e))?;
            Ok(Value::Int(n as i64))
        },
    },
    Method {
        name: "isomorphic",
        on: &[Kind::Group],
        params: &[one("H", &[Kind::Group])],
        doc: "Whether two finite groups are isomorphic.",
        example: "isomorphic(O, S(4))",
        run: isomorphic,
    },
];

fn classes(c: &mut Call<'_, '_>) -> D<Value> {
    let g = c.group();
    let table = g.character_table().map_err(|e| c.math(e))?;
    let mut rows = vec![["class", "size", "order", "element"].map(String::from).to_vec()];
    for class in table.classes() {
        rows.push(vec![
            class.name.clone(),
            class.size.to_string(),
            class.order.to_string(),
            elements::name(&g, &class.representative),
        ]);
    }
    Ok(Value::table(Table {
        rows,
        headings: 1,
        ..Table::default()
    }))
}

fn subgroups(c: &mut Call<'_, '_>) -> D<Value> {
    let g = c.group();
    let list = Subgroup::classes(&g).map_err(|e| c.math(e))?;
    let total: usize = list.iter().map(|(_, n)| n).sum();
    let mut rows = vec![["subgroup", "order", "conjugates"].map(String::from).to_vec()];
    for (sub, conjugates) in &list {
        rows.push(vec![
            sub.as_group().to_string(),
            sub.order().to_string(),
            conjugates.to_string(),
        ]);
    }
    Ok(Value::table(Table {
        title: format!("{g}: {} classes of subgroups, {total} subgroups", list.len()),
        rows,
        headings: 1,
    }))
}

/// An argument as a subgroup of the first one.
///
/// # Errors
/// If it is none.
pub fn subgroup(c: &Call<'_, '_>, name: &str) -> D<Subgroup> {
    let g = c.group();
    let Some(Value::Group(h)) = c.arg(name).map(|a| &a.value) else {
        return Err(c.refuse("a subgroup is needed", "here"));
    };
    match &**h {
        Group::Subgroup(s) if *s.parent() == g => Ok((**s).clone()),
        Group::Trivial => Subgroup::generated(&g, &[]).map_err(|e| c.math(e)),
        h if *h == g => Subgroup::whole(&g).map_err(|e| c.math(e)),
        h => Err(c.refuse(
            format!("{h} is not a subgroup of {g}"),
            "a subgroup is made by `generated`, `stabilizer`, `centralizer`",
        )),
    }
}

fn isomorphic(c: &mut Call<'_, '_>) -> D<Value> {
    let Some(Value::Group(h)) = c.arg("H").map(|a| a.value.clone()) else {
        return Err(c.refuse("a group is needed", "here"));
    };
    let (a, b) = (
        c.group().finite().map_err(|e| c.math(e))?,
        h.finite().map_err(|e| c.math(e))?,
    );
    a.is_isomorphic(&b).map(Value::Bool).map_err(|e| c.math(e))
}
