// A set bounds itself.
// errors: 1

use flujo::prelude::*;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
enum Topic {
    Web,
    Papers,
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(topics: std::collections::BTreeSet<Topic>, text: String) -> Vec<String> {
        route(topics, |topic| match topic {
            Topic::Web => triage(text.clone()),
            Topic::Papers => triage(text.clone()).named("papers"),
        })
        .max(2)
    }
}

fn main() {}
