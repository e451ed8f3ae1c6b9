// An attribute on a field says something.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context]
    notes: Vec<String>,
}

fn main() {}
