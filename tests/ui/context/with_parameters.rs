// A context is one concrete type.
// errors: 1
use flujo::prelude::*;

#[context]
struct State<T> {
    value: T,
}

fn main() {}
