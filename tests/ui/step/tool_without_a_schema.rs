// What a model calls a tool with has a schema.
// errors: 1

use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Query {
    words: Vec<String>,
}

#[step]
async fn search(query: Query) -> Result<String> {
    Ok(query.words.join(" "))
}

#[step(model = "openai:gpt-4o", tools = [search])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

pipeline! {
    fn find(topic: String) -> String {
        research(topic)
    }
}

fn main() {}
