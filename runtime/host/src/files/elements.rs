//! The chemical elements.

/// Symbols by atomic number − 1.
const SYMBOLS: &str = "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr \
    Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi \
    Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og";

/// The atomic number of an element, from 1.
pub fn atomic_number(symbol: &str) -> Option<u32> {
    SYMBOLS
        .split_whitespace()
        .zip(1..)
        .find(|(s, _)| *s == symbol)
        .map(|(_, n)| n)
}

#[cfg(test)]
mod tests {
    use super::atomic_number;

    #[test]
    fn numbers() {
        for (symbol, n) in [
            ("H", 1),
            ("C", 6),
            ("O", 8),
            ("Fe", 26),
            ("I", 53),
            ("Lu", 71),
            ("U", 92),
            ("Og", 118),
        ] {
            assert_eq!(atomic_number(symbol), Some(n));
        }
        assert_eq!(atomic_number("h"), None);
    }
}
