// Resources are one concrete type.
// errors: 1
use flujo::prelude::*;

#[resources]
struct App<D> {
    db: D,
}

fn main() {}
