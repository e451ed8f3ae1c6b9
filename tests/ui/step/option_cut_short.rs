// A list that stops in the middle.
// errors: 1
use flujo::prelude::*;

#[step(retries =)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
