// An unknown word of a context.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part, shared)]
    notes: Vec<String>,
}

fn main() {}
