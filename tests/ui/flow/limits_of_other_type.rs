// Limits are `UsageLimits`.
// errors: 2

use flujo::Cost;
use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

const TEN_CENTS: Cost = Cost(100_000_000);

pipeline! {
    fn moderate(texts: Vec<String>) -> Vec<String> {
        let first = triage(texts.concat()).limits(TEN_CENTS);
        let all = map(texts, |text| triage(text).named("each")).limits(TEN_CENTS);
        value([vec![first], all].concat())
    }
}

fn main() {}
