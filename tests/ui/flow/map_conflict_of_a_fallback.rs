// The fallback of a step runs in the items too, and may be what writes.
// errors: 1

use flujo::prelude::*;

#[context]
struct Research {
    #[context(part)]
    sources: Vec<String>,
}

#[step(fallback = web)]
async fn search(topic: String) -> Result<String> {
    Ok(topic)
}

#[step]
async fn web(topic: String, sources: &mut Vec<String>) -> Result<String> {
    sources.push(topic.clone());
    Ok(topic)
}

pipeline! {
    fn research(topics: Vec<String>, ctx: &mut Research) -> Vec<String> {
        let found = map(topics, search);
        found
    }
}

fn main() {}
