// A step says what it returns.
// errors: 1
use flujo::prelude::*;

#[step]
async fn triage(text: String) {
    drop(text);
}

fn main() {}
