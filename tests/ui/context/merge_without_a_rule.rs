// A merge has a rule.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part, merge)]
    notes: Vec<String>,
}

fn main() {}
