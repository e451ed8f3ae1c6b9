// `#[resources]` takes nothing.
// errors: 1
use flujo::prelude::*;

#[resources(shared)]
struct App {
    db: String,
}

fn main() {}
