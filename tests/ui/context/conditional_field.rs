// A context has the same fields in every build.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[cfg(unix)]
    notes: Vec<String>,
}

fn main() {}
