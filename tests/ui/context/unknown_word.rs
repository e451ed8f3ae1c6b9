// A word that nobody knows.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part, shared)]
    notes: Vec<String>,
}

fn main() {}
