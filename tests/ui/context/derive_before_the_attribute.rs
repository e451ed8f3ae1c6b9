// Derives stand below `#[context]`.
// errors: 1
use flujo::prelude::*;

#[derive(Clone)]
#[context]
struct State {
    count: u64,
}

fn main() {}
