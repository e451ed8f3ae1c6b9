// A context is recorded whole.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[serde(skip)]
    notes: Vec<String>,
}

fn main() {}
