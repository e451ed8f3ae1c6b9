// A rule fits the part's type.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part, merge = append)]
    notes: u64,
}

fn main() {}
