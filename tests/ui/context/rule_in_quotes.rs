// A rule is a name.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part, merge = "append")]
    notes: Vec<String>,
}

fn main() {}
