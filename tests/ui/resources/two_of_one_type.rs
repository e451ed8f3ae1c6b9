// A resource is found by its type.
// errors: 1
use flujo::prelude::*;

#[resources]
struct App {
    read: String,
    write: String,
}

fn main() {}
