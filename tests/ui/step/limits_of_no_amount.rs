// Dollars are digits, exactly.
// errors: 1
use flujo::prelude::*;

#[step(limits = UsageLimits::usd("10 cents").model_calls(3))]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
