// What is routed over is a set.
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
    fn moderate(topics: Vec<Topic>, text: String) -> Vec<String> {
        route(topics, |topic| match topic {
            Topic::Web => triage(text.clone()),
            Topic::Papers => triage(text.clone()).named("papers"),
        })
    }
}

fn main() {}
