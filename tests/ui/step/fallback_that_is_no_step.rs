// A fallback is a step.
// errors: 1
use flujo::prelude::*;

fn cheap(text: String) -> String {
    text
}

#[step(fallback = cheap)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
