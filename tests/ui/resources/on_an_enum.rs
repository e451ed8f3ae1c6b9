// Resources are a struct.
// errors: 1
use flujo::prelude::*;

#[resources]
enum App {
    Test,
    Real,
}

fn main() {}
