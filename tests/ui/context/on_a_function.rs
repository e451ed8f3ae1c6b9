// `#[context]` goes on a struct.
// errors: 1
use flujo::prelude::*;

#[context]
fn state() {}

fn main() {}
