// A part is a part once.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part, part)]
    notes: Vec<String>,
}

fn main() {}
