// A rule of your own is a path.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part, merge = keep_longest)]
    notes: Vec<String>,
}

fn main() {}
