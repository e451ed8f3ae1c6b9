// A misspelt option.
// errors: 1
use flujo::prelude::*;

#[step(limit = UsageLimits::usd("0.10"))]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
