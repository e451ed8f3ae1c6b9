// A pipeline has no model that could call tools.
// errors: 1

use flujo::prelude::*;

#[step]
async fn search(text: String) -> Result<String> {
    Ok(text)
}

#[step(model = "openai:gpt-4o")]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

pipeline! {
    fn search_all(topic: String) -> String {
        research(topic)
    }
}

pipeline! {
    fn find(topic: String) -> String {
        search_all(topic).tools([search])
    }
}

fn main() {}
