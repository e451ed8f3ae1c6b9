// A context has fields.
// errors: 1
use flujo::prelude::*;

#[context]
struct State;

fn main() {}
