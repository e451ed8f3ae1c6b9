// Only parts are merged.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(merge = append)]
    notes: Vec<String>,
}

fn main() {}
