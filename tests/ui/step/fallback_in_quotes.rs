// A fallback is named, without quotes.
// errors: 1

use flujo::prelude::*;

#[step]
async fn cheap(text: String) -> Result<String> {
    Ok(text)
}

#[step(fallback = "cheap")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
