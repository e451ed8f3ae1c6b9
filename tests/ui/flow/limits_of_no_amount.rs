// Dollars are digits, exactly.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(texts: Vec<String>) -> Vec<String> {
        map(texts, |text| triage(text)).limits(UsageLimits::usd("0,10"))
    }
}

fn main() {}
