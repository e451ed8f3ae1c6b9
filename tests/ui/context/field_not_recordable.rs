// A context is recorded field by field.
// errors: 1
use flujo::prelude::*;

struct Connection;

#[context]
struct State {
    count: u64,
    connection: Connection,
}

fn main() {}
