// Two elements cannot select one arm.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
enum Topic {
    Web,
    Papers,
}

pipeline! {
    fn moderate(topics: std::collections::BTreeSet<Topic>, text: String) -> Vec<String> {
        route(topics, |topic| match topic {
            Topic::Web | Topic::Papers => triage(text.clone()),
        })
    }
}

fn main() {}
