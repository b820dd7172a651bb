//! Reference cases: the same inputs and weights give the outputs, and gradients, of other libraries. One module a library.

mod parity {
    mod case;
    mod clouds;
    mod dense;
    mod graphs;
    mod trial;
    mod view;
}
