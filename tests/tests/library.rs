//! Libraries: made by `gdl build`, called from programs in C, C++, Rust and Python, compared with `gdl run`. One module a subject.

mod library {
    mod calls;
    mod deployment;
    mod tools;
    mod training;
}
