// Retries fit a `u32`.
// errors: 1
use flujo::prelude::*;

#[step(retries = 4294967296)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
