// Sets and maps have a union.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part, merge = union)]
    notes: Vec<String>,
}

fn main() {}
