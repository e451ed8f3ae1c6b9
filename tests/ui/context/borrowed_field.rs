// A context owns its fields.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    name: &'static str,
}

fn main() {}
