// No wait at all is called `none`.
// errors: 1
use flujo::prelude::*;

#[step(backoff = "0ms")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
