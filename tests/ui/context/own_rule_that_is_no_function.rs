// A custom merge rule is a function.
// errors: 1

use flujo::prelude::*;

const LONGEST: usize = 40;

#[context]
struct State {
    #[context(part, merge = self::LONGEST)]
    summary: String,
}

fn main() {}
