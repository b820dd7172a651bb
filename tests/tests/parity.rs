//! Reference cases: the same inputs and weights give the outputs, and gradients, of other libraries. One module a library.

mod parity {
    mod bases;
    mod case;
    mod clouds;
    mod dense;
    mod graphs;
    mod irrep_list;
    mod irreps;
    mod nequip;
    mod paths;
    mod planes;
    mod stored;
    mod trial;
    mod view;
}
