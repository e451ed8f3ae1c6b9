// Two arms of a route write one part that has no merge rule.
// errors: 1

use flujo::prelude::*;
use std::collections::BTreeSet;

#[context]
struct Research {
    #[context(part)]
    sources: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
enum Topic {
    Web,
    Papers,
}

#[step]
async fn web(topic: String, sources: &mut Vec<String>) -> Result<String> {
    sources.push(topic.clone());
    Ok(topic)
}

#[step]
async fn papers(topic: String, sources: &mut Vec<String>) -> Result<String> {
    sources.push(topic.clone());
    Ok(topic)
}

pipeline! {
    fn research(topics: BTreeSet<Topic>, text: String, ctx: &mut Research) -> Vec<String> {
        route(topics, |topic| match topic {
            Topic::Web => web(text.clone()),
            Topic::Papers => papers(text.clone()),
        })
    }
}

fn main() {}
