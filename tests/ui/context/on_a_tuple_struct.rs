// The fields of a context have names.
// errors: 1
use flujo::prelude::*;

#[context]
struct State(u64, String);

fn main() {}
