// A context cannot hold itself.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part)]
    inner: State,
}

fn main() {}
