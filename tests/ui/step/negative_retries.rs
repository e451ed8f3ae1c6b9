// Retries cannot be negative.
// errors: 1
use flujo::prelude::*;

#[step(retries = -1)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
