// A fallback that does not exist.
// errors: 1
use flujo::prelude::*;

#[step]
async fn cheap(text: String) -> Result<String> {
    Ok(text)
}

#[step(fallback = cheep)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
