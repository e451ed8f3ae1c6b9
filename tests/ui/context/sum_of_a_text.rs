// Only numbers have a sum.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part, merge = sum)]
    notes: String,
}

fn main() {}
