// Limits are `UsageLimits`.
// errors: 1
use flujo::Cost;
use flujo::prelude::*;

const TEN_CENTS: Cost = Cost(100_000_000);

#[step(limits = TEN_CENTS)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
