// A rule of your own exists.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part, merge = self::longest)]
    name: String,
}

fn main() {}
