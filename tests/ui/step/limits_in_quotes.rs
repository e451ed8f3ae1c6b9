// Limits are more than an amount.
// errors: 1
use flujo::prelude::*;

#[step(limits = "0.10")]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
