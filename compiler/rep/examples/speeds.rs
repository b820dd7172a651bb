//! How long the computations with bounds on their time take: `cargo run --release -p gdl-rep --example speeds`.

use gdl_rep::{Error, Group};
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

fn main() -> Result<(), Error> {
    let named = |name: &str, args: &[i64]| Group::named(name, args);
    let (c2, c3) = (named("C", &[2])?, named("C", &[3])?);
    timed("irreps of Ih", || all_irreps(&named("Ih", &[])?));
    for n in [10, 12] {
        timed(&format!("character table of S({n})"), || Group::S(n).character_table());
    }
    let large = [
        named("C", &[1000])?,
        named("D", &[500])?,
        named("Dic", &[250])?,
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
    timed("classes of subgroups of S(6)", || {
        Group::S(6).finite()?.subgroup_classes().map(<[_]>::len)
    });
    Ok(())
}
