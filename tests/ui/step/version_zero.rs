// Versions count from 1.
// errors: 1
use flujo::prelude::*;

#[step(version = 0)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
