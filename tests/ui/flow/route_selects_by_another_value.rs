// The arms of a route are selected by what it takes out of the set.
// errors: 1

use flujo::prelude::*;
use std::collections::BTreeSet;

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
    fn moderate(topics: BTreeSet<Topic>, text: String) -> Vec<String> {
        route(topics, |topic| match text.len() {
            0 => triage(text.clone()),
            _ => triage(text.clone()).named("long"),
        })
    }
}

fn main() {}
