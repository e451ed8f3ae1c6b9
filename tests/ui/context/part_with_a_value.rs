// `part` takes no value.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part = true)]
    notes: Vec<String>,
}

fn main() {}
