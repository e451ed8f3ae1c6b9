// A part is found by its type.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part)]
    notes: Vec<String>,
    #[context(part)]
    tags: Vec<String>,
}

fn main() {}
