// A route selects the arms of a match.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(topics: std::collections::BTreeSet<String>) -> Vec<String> {
        route(topics, |topic| triage(topic))
    }
}

fn main() {}
