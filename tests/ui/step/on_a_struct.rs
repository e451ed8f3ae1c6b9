// `#[step]` goes on a function.
// errors: 1
use flujo::prelude::*;

#[step]
struct Triage {
    text: String,
}

fn main() {}
