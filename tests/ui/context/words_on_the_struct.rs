// Parts are fields.
// errors: 1
use flujo::prelude::*;

#[context(part)]
struct State {
    count: u64,
}

fn main() {}
