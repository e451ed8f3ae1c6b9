// A tool is a step.
// errors: 1

use flujo::prelude::*;

#[step]
async fn search(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn searching(text: String) -> String {
        search(text)
    }
}

#[step(model = "openai:gpt-4o", tools = [searching])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

pipeline! {
    fn find(topic: String) -> String {
        research(topic)
    }
}

fn main() {}
