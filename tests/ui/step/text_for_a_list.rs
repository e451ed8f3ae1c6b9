// Options have names.
// errors: 1
use flujo::prelude::*;

#[step("three retries")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
