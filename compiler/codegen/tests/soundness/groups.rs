//! The groups of random programs, each with representations that are drawn for it.

use crate::reps::Kind::{self, Formless, Indefinite, Other, Permutation, Trivial};

/// An atom of a representation as text, and what may be done with it.
pub type Known = (&'static str, Kind);

/// A group and the atoms that are drawn for it.
pub struct Group {
    /// What stands after `under`.
    pub text: &'static str,
    /// What the name `G` in that text stands for, where it is declared.
    pub declared: &'static str,
    /// The first one is trivial.
    pub atoms: &'static [Known],
    /// The type of differences of points.
    pub vector: (u32, Known),
    /// Symmetric matrices on the space of the points.
    pub symmetric: &'static str,
    /// Whether it moves cells of a grid off the grid.
    pub approx: bool,
    /// Whether kernels on directions and balls have a meaning: it acts on points by orthogonal matrices, or not at all.
    pub rigid: bool,
}

const fn group(text: &'static str, atoms: &'static [Known]) -> Group {
    Group {
        text,
        declared: "",
        atoms,
        vector: (1, ("vector", Other)),
        symmetric: "sym(vector, 2)",
        approx: false,
        rigid: true,
    }
}

const fn declared(text: &'static str, atoms: &'static [Known]) -> Group {
    Group {
        declared: text,
        ..group("G", atoms)
    }
}

const fn approx(text: &'static str, atoms: &'static [Known]) -> Group {
    Group {
        approx: true,
        ..group(text, atoms)
    }
}

/// A group whose vectors have another name.
const fn moving(vector: &'static str, symmetric: &'static str, g: Group) -> Group {
    Group {
        vector: (1, (vector, Other)),
        symmetric,
        ..g
    }
}

/// A group that moves no points of d-space.
const fn still(d: u32, g: Group) -> Group {
    Group {
        vector: (d, ("1", Trivial)),
        ..g
    }
}

/// A group of matrices that are not orthogonal.
const fn bent(g: Group) -> Group {
    Group {
        vector: (1, ("vector", Indefinite)),
        rigid: false,
        ..g
    }
}

const NUMBERS: &[Known] = &[("1", Trivial)];
const O3: &[Known] = &[
    ("0e", Trivial),
    ("1o", Other),
    ("2e", Other),
    ("0o", Other),
    ("1e", Other),
];
const VECTORS: &[Known] = &[("1", Trivial), ("vector", Other)];
const LORENTZ: &[Known] = &[("1", Trivial), ("vector", Indefinite)];

/// Groups for domains without geometry.
pub const ABSTRACT: &[Group] = &[
    group("trivial", NUMBERS),
    group("C(2)", &[("1", Trivial), ("regular", Permutation), ("irrep(1)", Other)]),
    group("C(3)", &[("1", Trivial), ("regular", Permutation), ("irrep(1)", Other)]),
    group(
        "C(4)",
        &[
            ("1", Trivial),
            ("regular", Permutation),
            ("irrep(1)", Other),
            ("irrep(2)", Other),
        ],
    ),
    group(
        "D(3)",
        &[
            ("1", Trivial),
            ("regular", Permutation),
            ("irrep(1, 0)", Other),
            ("irrep(1, 1)", Other),
        ],
    ),
    group(
        "D(4)",
        &[
            ("1", Trivial),
            ("irrep(1, 0)", Other),
            ("quotient(generated(D(4).f))", Permutation),
            ("irrep(0, 2)", Other),
            ("irrep(1, 1)", Other),
        ],
    ),
    group(
        "S(3)",
        &[("1", Trivial), ("regular", Permutation), ("irrep(2, 1)", Other)],
    ),
    group("Q8", &[("1", Trivial), ("irrep(1)", Other), ("irrep(4)", Other)]),
    group(
        "A(4)",
        &[
            ("1", Trivial),
            ("perm", Permutation),
            ("irrep(1)", Other),
            ("irrep(2)", Other),
        ],
    ),
    group("Dic(3)", &[("1", Trivial), ("irrep(1)", Other), ("irrep(4)", Other)]),
    group(
        "semidirect(C(3), C(4), -1)",
        &[("1", Trivial), ("irrep(1)", Other), ("irrep(4)", Other)],
    ),
    group(
        "wreath(C(2), C(2))",
        &[("1", Trivial), ("perm", Permutation), ("irrep(1)", Other)],
    ),
    group("O", VECTORS),
    group("SO(2)", &[("1", Trivial), ("irrep(1)", Other), ("irrep(2)", Other)]),
    group(
        "O(2)",
        &[
            ("1", Trivial),
            ("irrep(1, 0)", Other),
            ("irrep(1, 1)", Other),
            ("irrep(1, 2)", Other),
        ],
    ),
    group("O(3)", O3),
    group("SO(3)", &[("1", Trivial), ("irrep(1)", Other), ("irrep(2)", Other)]),
    group("SO(1, 3)", LORENTZ),
    group(
        "O(2, 1)",
        &[("1", Trivial), ("vector", Indefinite), ("alt(vector, 2)", Indefinite)],
    ),
    group("SU(2)", &[("1", Trivial), ("irrep(1/2)", Other), ("irrep(1)", Other)]),
    group("SO(4)", VECTORS),
    group(
        "SL(2)",
        &[("1", Trivial), ("vector", Formless), ("dual(vector)", Formless)],
    ),
    group(
        "U(1) x C(2)",
        &[
            ("1", Trivial),
            ("outer(irrep(1), 1)", Other),
            ("outer(1, regular)", Permutation),
            ("outer(irrep(2), irrep(1))", Other),
        ],
    ),
    group(
        "SO(3) x S(3)",
        &[
            ("1", Trivial),
            ("outer(vector, 1)", Other),
            ("outer(1, perm)", Permutation),
        ],
    ),
    group(
        "O(3) x C(4)",
        &[
            ("1", Trivial),
            ("outer(1o, 1)", Other),
            ("outer(1, regular)", Permutation),
            ("outer(0o, irrep(1))", Other),
        ],
    ),
    group(
        "C(2) x D(3)",
        &[
            ("1", Trivial),
            ("outer(regular, 1)", Permutation),
            ("outer(irrep(1), irrep(1, 1))", Other),
            ("outer(1, irrep(1, 0))", Other),
        ],
    ),
    declared(
        "stabilizer(O(3), vector, (0, 0, 1))",
        &[("1", Trivial), ("vector", Other), ("2e", Other)],
    ),
    declared("stabilizer(SO(3), axis, (0, 0, 1))", VECTORS),
    declared(
        "generated(D(4).r^2, D(4).f)",
        &[
            ("1", Trivial),
            ("regular", Permutation),
            ("restrict(irrep(1, 1), G)", Other),
        ],
    ),
    declared("generated(SO(3).rotation((0, 0, 1), 1/3))", VECTORS),
    declared(
        "centralizer(S(4), S(4)[(1 2)(3 4)])",
        &[("1", Trivial), ("perm", Permutation), ("regular", Permutation)],
    ),
    declared(
        "normalizer(S(4), generated(S(4)[(1 2 3)]))",
        &[
            ("1", Trivial),
            ("perm", Permutation),
            ("restrict(irrep(3, 1), G)", Other),
        ],
    ),
    declared(
        "S(4) / derived(derived(S(4)))",
        &[("1", Trivial), ("regular", Permutation)],
    ),
    declared(
        "lie_group(algebra = [[[0, 1], [1, 0]]], elements = [[[-1, 0], [0, -1]]])",
        LORENTZ,
    ),
];

/// Vectors in the fibres of a mesh; no group is declared.
pub const GAUGE: &[Group] = &[group(
    "trivial",
    &[("1", Trivial), ("irrep(1)", Other), ("irrep(2)", Other)],
)];

/// Groups of grids with one axis.
pub const LINE: &[Group] = &[
    group("trivial", NUMBERS),
    group("D(1)", &[("1", Trivial), ("regular", Permutation), ("vector", Other)]),
    group("S(3)", &[("1", Trivial), ("perm", Permutation), ("irrep(2, 1)", Other)]),
    group("SU(2)", &[("1", Trivial), ("irrep(1/2)", Other)]),
    group("SO(1, 3)", LORENTZ),
];

/// Groups of grids with two axes.
pub const PLANE: &[Group] = &[
    group("trivial", NUMBERS),
    group("C(2)", &[("1", Trivial), ("regular", Permutation), ("irrep(1)", Other)]),
    group(
        "C(4)",
        &[
            ("1", Trivial),
            ("regular", Permutation),
            ("vector", Other),
            ("irrep(2)", Other),
        ],
    ),
    group("D(2)", &[("1", Trivial), ("regular", Permutation), ("vector", Other)]),
    group(
        "D(4)",
        &[
            ("1", Trivial),
            ("regular", Permutation),
            ("vector", Other),
            ("irrep(1, 0)", Other),
        ],
    ),
    group("wallpaper(p4m)", &[("1", Trivial), ("vector", Other)]),
    group("S(3)", &[("1", Trivial), ("perm", Permutation), ("irrep(2, 1)", Other)]),
    group(
        "C(4) x S(3)",
        &[
            ("1", Trivial),
            ("outer(vector, 1)", Other),
            ("outer(regular, 1)", Permutation),
            ("outer(1, perm)", Permutation),
        ],
    ),
    group(
        "D(4) x SU(2)",
        &[
            ("1", Trivial),
            ("outer(vector, 1)", Other),
            ("outer(1, irrep(1/2))", Other),
        ],
    ),
    declared(
        "generated(D(4).f)",
        &[("1", Trivial), ("regular", Permutation), ("vector", Other)],
    ),
    declared("center(D(4))", &[("1", Trivial), ("regular", Permutation)]),
    approx("C(8)", &[("1", Trivial), ("regular", Permutation), ("irrep(1)", Other)]),
    approx("D(3)", &[("1", Trivial), ("vector", Other), ("irrep(1, 0)", Other)]),
    approx("SO(2)", &[("1", Trivial), ("vector", Other), ("irrep(2)", Other)]),
    approx("O(2)", &[("1", Trivial), ("vector", Other), ("irrep(1, 0)", Other)]),
    approx(
        "C(8) x S(3)",
        &[
            ("1", Trivial),
            ("outer(vector, 1)", Other),
            ("outer(1, perm)", Permutation),
        ],
    ),
];

/// Groups of grids with three axes.
pub const SPACE: &[Group] = &[
    group("trivial", NUMBERS),
    group("O", VECTORS),
    group("Oh", VECTORS),
    group("T", VECTORS),
    group("Td", VECTORS),
    group("Th", VECTORS),
    group(
        "Oh x S(3)",
        &[
            ("1", Trivial),
            ("outer(vector, 1)", Other),
            ("outer(1, perm)", Permutation),
        ],
    ),
    declared(
        "stabilizer(Oh, vector, (0, 0, 1))",
        &[("1", Trivial), ("vector", Other)],
    ),
    approx("SO(3)", &[("1", Trivial), ("vector", Other), ("irrep(2)", Other)]),
    approx("O(3)", O3),
];

/// Groups of clouds in the plane.
pub const FLAT: &[Group] = &[
    still(2, group("trivial", NUMBERS)),
    group(
        "O(2)",
        &[
            ("1", Trivial),
            ("vector", Other),
            ("irrep(1, 0)", Other),
            ("irrep(1, 2)", Other),
        ],
    ),
    group("SO(2)", &[("1", Trivial), ("vector", Other), ("irrep(2)", Other)]),
    group("C(3)", &[("1", Trivial), ("vector", Other), ("regular", Permutation)]),
    group("D(4)", &[("1", Trivial), ("vector", Other), ("irrep(0, 2)", Other)]),
    group("D(6)", VECTORS),
    moving(
        "outer(vector, 1)",
        "sym(outer(vector, 1), 2)",
        group(
            "O(2) x S(3)",
            &[
                ("1", Trivial),
                ("outer(vector, 1)", Other),
                ("outer(1, perm)", Permutation),
            ],
        ),
    ),
    bent(group("SO(1, 1)", LORENTZ)),
];

/// Groups of clouds in space.
pub const SPATIAL: &[Group] = &[
    moving("1o", "sym(1o, 2)", group("O(3)", O3)),
    moving("1o", "sym(1o, 2)", group("O(3)", O3)),
    group("SO(3)", &[("1", Trivial), ("vector", Other), ("irrep(2)", Other)]),
    still(3, group("trivial", NUMBERS)),
    still(
        3,
        group("S(4)", &[("1", Trivial), ("perm", Permutation), ("irrep(3, 1)", Other)]),
    ),
    group("O", VECTORS),
    group("Oh", VECTORS),
    group("I", VECTORS),
    moving(
        "outer(1o, 1)",
        "sym(outer(1o, 1), 2)",
        group(
            "O(3) x C(4)",
            &[
                ("1", Trivial),
                ("outer(1o, 1)", Other),
                ("outer(1, regular)", Permutation),
                ("outer(1o, irrep(1))", Other),
            ],
        ),
    ),
    moving(
        "outer(vector, 1)",
        "sym(outer(vector, 1), 2)",
        group(
            "SO(3) x S(3)",
            &[
                ("1", Trivial),
                ("outer(vector, 1)", Other),
                ("outer(1, perm)", Permutation),
            ],
        ),
    ),
    declared("stabilizer(O(3), vector, (0, 0, 1))", VECTORS),
    declared("stabilizer(O(3), axis, (0, 0, 1))", VECTORS),
    declared("generated(SO(3).rotation((0, 0, 1), 1/4))", VECTORS),
    bent(group("O(2, 1)", LORENTZ)),
];

/// A group, a representation, a vector that the group moves, and the subgroup that fixes it.
pub type Break = (&'static str, Known, &'static str, &'static str);

/// Constants that break a symmetry.
pub const BREAKS: &[Break] = &[
    (
        "O(3)",
        ("1o", Other),
        "(0, 0, 1)",
        "stabilizer(O(3), vector, (0, 0, 1))",
    ),
    (
        "O(3)",
        ("1o", Other),
        "(0, 1, 0)",
        "stabilizer(O(3), vector, (0, 1, 0))",
    ),
    ("O(3)", ("0o", Other), "2", "SO(3)"),
    (
        "SO(3)",
        ("vector", Other),
        "(1, 0, 0)",
        "stabilizer(SO(3), vector, (1, 0, 0))",
    ),
    ("C(3)", ("regular", Permutation), "(1, 0, 0)", "trivial"),
    ("C(4)", ("vector", Other), "(1, 0)", "trivial"),
    ("C(4)", ("irrep(2)", Other), "1", "generated(C(4).r^2)"),
    ("D(4)", ("vector", Other), "(1, 0)", "stabilizer(D(4), vector, (1, 0))"),
    ("D(4)", ("vector", Other), "(1, 1)", "stabilizer(D(4), vector, (1, 1))"),
    (
        "Oh",
        ("vector", Other),
        "(0, 0, 1)",
        "stabilizer(Oh, vector, (0, 0, 1))",
    ),
];
