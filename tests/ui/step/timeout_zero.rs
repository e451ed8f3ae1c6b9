// A duration is longer than zero.
// errors: 1
use flujo::prelude::*;

#[step(timeout = "0s")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
