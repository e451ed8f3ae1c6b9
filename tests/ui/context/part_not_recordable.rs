// A part of a context is recorded.
// errors: 1
use flujo::prelude::*;

struct Connection;

#[context]
struct State {
    #[context(part)]
    connection: Connection,
    #[context(part, merge = append)]
    notes: Vec<String>,
}

fn main() {}
