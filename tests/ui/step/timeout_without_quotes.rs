// A duration is text with a unit.
// errors: 1
use flujo::prelude::*;

#[step(timeout = 20)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
