// A wait has a unit.
// errors: 1
use flujo::prelude::*;

#[step(backoff = 100)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
