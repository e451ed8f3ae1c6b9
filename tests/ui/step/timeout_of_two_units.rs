// A duration has one unit.
// errors: 1
use flujo::prelude::*;

#[step(timeout = "1h30min")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
