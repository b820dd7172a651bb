//! How long the computations with bounds on their time take: `cargo run --release -p gdl-rep --example speeds`.

use gdl_rep::rings::window_points;
use gdl_rep::{Atom, Error, Group, Rep, hom_basis, kernel_basis};
use std::time::Instant;

fn timed<T>(what: &str, work: impl FnOnce() -> Result<T, Error>) {
    let start = Instant::now();
    let result = work();
    let seconds = start.elapsed().as_secs_f64();
    match result {
        Ok(_) => println!("{what:<44} {seconds:8.3} s"),
        Err(e) => println!("{what:<44} {seconds:8.3} s  {e}"),
    }
}

fn all_irreps(group: &Group) -> Result<usize, Error> {
    let finite = group.finite()?;
    let count = finite.real_irreps()?.characters().len();
    let mut numeric = 0;
    for index in 0..count {
        numeric += usize::from(finite.real_irrep(index)?.numeric);
    }
    println!("  {group}: {count} real irreducible representations, {numeric} numeric");
    Ok(count)
}

/// V ⊗ … ⊗ V.
fn power(group: &Group, v: &Atom, k: usize) -> Result<Atom, Error> {
    let rep = |atom: Atom| Rep::atom(group.clone(), atom).map(Box::new);
    (1..k).try_fold(v.clone(), |product, _| Ok(Atom::Kron(rep(product)?, rep(v.clone())?)))
}

/// Equivariant maps between powers of the defining representation.
fn maps(group: &Group, from: usize, to: usize) -> Result<(), Error> {
    let v = Atom::defining(group).or_else(|_| Atom::vector(group, 3))?;
    let (a, b) = (power(group, &v, from)?, power(group, &v, to)?);
    let unknowns = a.dim(group) * b.dim(group);
    timed(
        &format!("hom(V^{from}, V^{to}) of {group}, {unknowns} unknowns"),
        || {
            let basis = hom_basis(group, &a, &b)?;
            let known = if basis.numeric() { "numeric" } else { "exact" };
            println!("  {} maps, {known}", basis.len());
            Ok(())
        },
    );
    Ok(())
}

fn main() -> Result<(), Error> {
    let named = |name: &str, args: &[i64]| Group::named(name, args);
    let (c2, c3) = (named("C", &[2])?, named("C", &[3])?);
    timed("irreps of Ih", || all_irreps(&named("Ih", &[])?));
    for n in [10, 12] {
        timed(&format!("character table of S({n})"), || Group::S(n).character_table());
    }
    let large = [
        named("C", &[1000])?,
        named("C", &[997])?,
        named("D", &[500])?,
        named("D", &[499])?,
        named("Dic", &[250])?,
        named("Dic", &[241])?,
        Group::product((0..9).map(|_| c2.clone())),
        Group::product((0..6).map(|_| c3.clone())),
        Group::product([named("D", &[31])?, named("C", &[16])?]),
        Group::product([named("D", &[13])?, named("D", &[19])?]),
        named("A", &[6])?,
        Group::product([named("D", &[4])?, named("D", &[4])?, named("D", &[4])?]),
        Group::wreath(&c2, &Group::product([c2.clone(), c2.clone(), c2.clone()]))?,
        Group::wreath(&c3, &Group::S(4))?,
        Group::wreath(&Group::S(3), &c3)?,
        Group::wreath(&named("D", &[4])?, &c2)?,
        Group::wreath(&named("Q8", &[])?, &c2)?,
    ];
    for group in large {
        let order = group.order().unwrap_or_default();
        timed(&format!("character table of {group}, order {order}"), || {
            group.character_table()
        });
    }
    for group in [
        Group::wreath(&Group::S(3), &c3)?,
        Group::wreath(&named("Q8", &[])?, &c2)?,
        named("A", &[6])?,
    ] {
        timed(&format!("irreps of {group}"), || all_irreps(&group));
    }
    for (name, args, labels) in [
        ("SU", &[3][..], &[2, 2][..]),
        ("SU", &[3], &[4, 4]),
        ("SU", &[5], &[1, 0, 0, 1]),
        ("SO", &[4], &[6, 4]),
        ("SO", &[8], &[0, 1, 0, 0]),
        ("SO", &[1, 3], &[4, 4]),
        ("Sp", &[6], &[0, 0, 2]),
    ] {
        let group = named(name, args)?;
        let numbers: Vec<String> = labels.iter().map(ToString::to_string).collect();
        let what = format!("irrep({}) of {group}, and a matrix", numbers.join(","));
        timed(&what, || {
            let rep = Rep::atom(group.clone(), Atom::irrep(&group, labels)?)?;
            let mut bits = 1u64;
            let g = group.random(&mut || {
                bits = bits
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                bits
            });
            println!("  dimension {}", rep.dim());
            Ok(rep.matrix(&g))
        });
    }
    timed("classes of subgroups of S(6)", || {
        Group::S(6).finite()?.subgroup_classes().map(<[_]>::len)
    });
    for (name, args, from, to) in [
        ("O", &[3][..], 3, 1),
        ("O", &[3], 3, 3),
        ("SO", &[3], 4, 4),
        ("SO", &[3], 5, 4),
        ("SO", &[1, 3], 3, 3),
        ("SO", &[1, 3], 4, 4),
        ("SO", &[5], 3, 3),
        ("SO", &[3], 5, 5),
        ("SU", &[3], 2, 2),
        ("Oh", &[], 4, 4),
        ("Ih", &[], 4, 4),
    ] {
        maps(&named(name, args)?, from, to)?;
    }
    let d8 = named("D", &[8])?;
    timed("D(8) regular to regular on 7 x 7 pixels", || {
        gdl_rep::window_kernel(&d8, 2, 7, &Atom::Regular, &Atom::Regular)
    });
    let d4 = named("D", &[4])?;
    let v = Atom::vector(&d4, 2)?;
    let square = power(&d4, &v, 2)?;
    timed("D(4) V*V to V*V on 7 x 7 pixels", || {
        kernel_basis(&d4, &window_points(2, 7), &square, &square)
    });
    Ok(())
}
