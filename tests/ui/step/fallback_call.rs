// A fallback is named, not called.
// errors: 1
use flujo::prelude::*;

#[step]
async fn cheap(text: String) -> Result<String> {
    Ok(text)
}

#[step(fallback = cheap(text))]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
