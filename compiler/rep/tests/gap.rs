//! Every group of the reference tables, entered by its generators.

mod common;

use common::read;
use gdl_rep::finite::{CharacterTable, Kind, summary};
use gdl_rep::{Cyclotomic, Element, Group};
use serde_json::Value;
use std::sync::Arc;

struct Case {
    name: String,
    data: Value,
    group: Group,
}

fn cases() -> Vec<Case> {
    let all: Value = serde_json::from_slice(&read("gap.json")).unwrap();
    let make = |(name, data): (&String, &Value)| {
        let generators: Vec<Vec<u32>> = lists(&data["generators"]);
        Case {
            name: name.clone(),
            data: data.clone(),
            group: Group::permutations(&generators).unwrap(),
        }
    };
    let list: Vec<Case> = all.as_object().unwrap().iter().map(make).collect();
    assert_eq!(list.len(), 42);
    list
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect()
}

fn lists(value: &Value) -> Vec<Vec<u32>> {
    let list = |v: &Value| integers(v).into_iter().map(|x| x as u32).collect();
    value.as_array().unwrap().iter().map(list).collect()
}

/// Our class for each class of the reference, by its representative.
fn columns(case: &Case, table: &CharacterTable) -> Vec<usize> {
    let class = |image: Vec<u32>| table.class_of(&Element::Permutation(image)).unwrap();
    lists(&case.data["class_reps"]).into_iter().map(class).collect()
}

fn table(case: &Case) -> Arc<CharacterTable> {
    case.group.character_table().unwrap()
}

#[test]
fn classes() {
    for case in cases() {
        let table = table(&case);
        assert_eq!(case.group.small_order(), case.data["order"].as_u64(), "{}", case.name);
        let columns = columns(&case, &table);
        let numbers = |key: &str| integers(&case.data[key]);
        let ours = |f: &dyn Fn(usize) -> i64| -> Vec<i64> { columns.iter().map(|&c| f(c)).collect() };
        assert_eq!(
            ours(&|c| table.classes()[c].size as i64),
            numbers("class_sizes"),
            "{}",
            case.name
        );
        assert_eq!(ours(&|c| table.classes()[c].order as i64), numbers("class_orders"));
        let at = |c: usize| columns.iter().position(|&d| d == c).unwrap() as i64;
        assert_eq!(ours(&|c| at(table.power(c, -1))), numbers("inverse_class"));
        assert_eq!(ours(&|c| at(table.power(c, 2))), numbers("square_class"));
    }
}

/// Exactly: as sums of roots of unity; rows up to order, with their indicators.
#[test]
fn characters() {
    for case in cases() {
        let table = table(&case);
        let columns = columns(&case, &table);
        let mut ours: Vec<(i8, Vec<Cyclotomic>)> = (0..table.len())
            .map(|row| {
                (
                    table.indicator(row),
                    columns.iter().map(|&c| table.value(row, c).clone()).collect(),
                )
            })
            .collect();
        let indicators = integers(&case.data["frobenius_schur"]);
        let rows = case.data["characters_exact"].as_array().unwrap();
        for (row, indicator) in rows.iter().zip(indicators) {
            let value = |x: &Value| {
                let terms = integers(&x["c"]).into_iter().enumerate().map(|(j, c)| (j as i64, c));
                Cyclotomic::sum(x["n"].as_u64().unwrap(), terms)
            };
            let values: Vec<Cyclotomic> = row.as_array().unwrap().iter().map(value).collect();
            let at = ours
                .iter()
                .position(|(nu, v)| i64::from(*nu) == indicator && *v == values);
            ours.swap_remove(at.unwrap_or_else(|| panic!("{}: a character is missing", case.name)));
        }
        assert!(ours.is_empty(), "{}", case.name);
        let degrees: Vec<i64> = (0..table.len()).map(|row| table.degree(row) as i64).collect();
        assert_eq!(sorted(degrees), sorted(integers(&case.data["degrees"])));
    }
}

fn sorted(mut list: Vec<i64>) -> Vec<i64> {
    list.sort_unstable();
    list
}

#[test]
fn real_representations() {
    for case in cases() {
        let table = table(&case);
        let columns = columns(&case, &table);
        let mut ours: Vec<(i64, Vec<i64>)> = table
            .real_characters()
            .iter()
            .map(|c| {
                let value = |&class: &usize| (table.real_value(c, class).to_complex().0 * 1e6).round() as i64;
                (c.kind.commutant() as i64, columns.iter().map(value).collect())
            })
            .collect();
        let mut expected: Vec<(i64, Vec<i64>)> = case.data["real_irreps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| {
                let values = r["characters"].as_array().unwrap().iter();
                let rounded = values.map(|x| (x.as_f64().unwrap() * 1e6).round() as i64);
                (r["end_dim"].as_i64().unwrap(), rounded.collect())
            })
            .collect();
        ours.sort();
        expected.sort();
        assert_eq!(ours, expected, "{}", case.name);
    }
}

/// The matrices: orthogonal, of residual below 1e-12, with the right commutant; a homomorphism on the whole group.
#[test]
fn matrices() {
    for case in cases() {
        let finite = case.group.finite().unwrap();
        let count = finite.real_irreps().unwrap().characters().len();
        let mut squares = 0;
        for index in 0..count {
            let irrep = finite
                .real_irrep(index)
                .unwrap_or_else(|e| panic!("{} {index}: {e}", case.name));
            let d = irrep.character.degree;
            squares += d * d / irrep.character.kind.commutant();
            assert!(irrep.residual < 1e-12, "{} {index}: {}", case.name, irrep.residual);
            assert_eq!(irrep.commutant.len(), irrep.character.kind.commutant());
            println!(
                "{} {index} dim {d} {:?} numeric {}",
                case.name, irrep.character.kind, irrep.numeric
            );
            let multiply = |a: &[_], b: &[_]| gdl_rep::linear::multiply(a, b, d, d, d);
            for m in &irrep.generators {
                for c in &irrep.commutant {
                    for (x, y) in multiply(m, c).iter().zip(multiply(c, m)) {
                        assert!(
                            (x.f - y.f).abs() < 1e-12 && (irrep.numeric || x.r == y.r),
                            "{} {index}",
                            case.name
                        );
                    }
                }
            }
            if irrep.character.kind != Kind::Real {
                let square = multiply(&irrep.commutant[1], &irrep.commutant[1]);
                assert!((0..d * d).all(|at| (square[at].f + f64::from(u8::from(at / d == at % d))).abs() < 1e-12));
            }
            let all: Vec<_> = (0..finite.order() as u32).map(|g| irrep.matrix(&finite, g)).collect();
            let step = 1 + finite.order() / 30;
            for &s in finite.generators() {
                for g in (0..finite.order() as u32).step_by(step) {
                    let product = multiply(&all[s as usize], &all[g as usize]);
                    for (x, y) in product.iter().zip(&all[finite.product(s, g) as usize]) {
                        assert!(
                            (x.f - y.f).abs() < 1e-12 && (irrep.numeric || x.r == y.r),
                            "{} {index}",
                            case.name
                        );
                    }
                }
            }
        }
        assert_eq!(squares, finite.order(), "Σ d²/e = |G| fails for {}", case.name);
    }
}

#[test]
fn structure() {
    for case in cases() {
        let found = summary(&case.group).unwrap();
        let name = &case.name;
        let number = |key: &str| case.data[key].as_u64();
        let truth = |key: &str| case.data[key].as_bool();
        let count = |x: Option<usize>| x.map(|x| x as u64);
        assert_eq!(found.exponent, number("exponent"), "{name}");
        assert_eq!(count(found.center_order), number("center_order"), "{name}");
        assert_eq!(count(found.derived_order), number("derived_order"), "{name}");
        assert_eq!(found.abelian, truth("abelian"), "{name}");
        assert_eq!(found.nilpotent, truth("nilpotent"), "{name}");
        assert_eq!(found.solvable, truth("solvable"), "{name}");
        assert_eq!(found.simple, truth("simple"), "{name}");
        assert_eq!(count(found.n_subgroup_classes), number("n_subgroup_classes"), "{name}");
        assert_eq!(count(found.n_subgroups), number("n_subgroups"), "{name}");
        assert_eq!(count(found.n_normal_subgroups), number("n_normal_subgroups"), "{name}");
        assert_eq!(
            found.automorphism_group_order,
            number("automorphism_group_order"),
            "{name}"
        );
        let finite = case.group.finite().unwrap();
        let orders = finite
            .subgroup_classes()
            .unwrap()
            .iter()
            .map(|c| c.representative.order() as i64);
        assert_eq!(
            orders.collect::<Vec<_>>(),
            integers(&case.data["subgroup_class_orders"]),
            "{name}"
        );
    }
}

/// The named groups are those of the tables, and no two tables are of isomorphic groups but those of the same name.
#[test]
fn isomorphisms() {
    let cases = cases();
    let finite: Vec<_> = cases.iter().map(|c| c.group.finite().unwrap()).collect();
    let named = |name: &str, args: &[i64]| Group::named(name, args).unwrap();
    let (c2, c3) = (named("C", &[2]), named("C", &[3]));
    let expected = [
        ("c12", named("C", &[12])),
        ("d4", named("D", &[4])),
        ("d12", named("D", &[12])),
        ("q8", named("Q8", &[])),
        ("q16", named("Dic", &[4])),
        ("dic3", named("Dic", &[3])),
        ("a4", named("T", &[])),
        ("a4", named("A", &[4])),
        ("a5", named("I", &[])),
        ("a6", named("A", &[6])),
        ("ico_full", named("Ih", &[])),
        ("oct_rot", named("O", &[])),
        ("oct_full", named("Oh", &[])),
        ("tet_full", named("Td", &[])),
        ("pyritohedral", named("Th", &[])),
        ("s5", named("S", &[5])),
        ("s6", named("S", &[6])),
        ("c3xc3", Group::product([c3.clone(), c3.clone()])),
        ("d4xc2", Group::product([named("D", &[4]), c2.clone()])),
        (
            "c3wrc2",
            Group::wreath(&c3, &Group::permutations(&[vec![1, 0]]).unwrap()).unwrap(),
        ),
    ];
    for (name, group) in expected {
        for (case, other) in cases.iter().zip(&finite) {
            let found = group.finite().unwrap().is_isomorphic(other).unwrap();
            let twins = [["s4", "oct_rot", "tet_full"], ["s3", "d3", "d3"]];
            let twin = twins
                .iter()
                .any(|t| t.contains(&name) && t.contains(&case.name.as_str()));
            assert_eq!(found, case.name == name || twin, "{group} and {}", case.name);
        }
    }
}
