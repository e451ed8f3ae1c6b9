// A step can fail, so it returns a `Result`.
// errors: 1
use flujo::prelude::*;

#[step]
async fn triage(text: String) -> String {
    text
}

fn main() {}
