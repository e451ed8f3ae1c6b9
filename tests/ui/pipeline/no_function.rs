// `pipeline!` holds a function.
// errors: 1

use flujo::prelude::*;

pipeline! {
    triage(text)
}

fn main() {}
