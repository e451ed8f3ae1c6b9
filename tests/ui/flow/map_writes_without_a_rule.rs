// Items run beside each other, so what they write needs a merge rule.
// errors: 1

use flujo::prelude::*;

#[context]
struct Research {
    #[context(part)]
    sources: Vec<String>,
}

#[step]
async fn search(topic: String, sources: &mut Vec<String>) -> Result<String> {
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
