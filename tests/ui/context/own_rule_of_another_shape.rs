// A rule of your own takes the base and the arms.
// errors: 1
use flujo::prelude::*;

fn longest(base: String, arms: Vec<String>) -> String {
    arms.into_iter().max_by_key(String::len).unwrap_or(base)
}

#[context]
struct State {
    #[context(part, merge = self::longest)]
    name: String,
}

fn main() {}
