// A step with tools only reads the context.
// errors: 1

use flujo::prelude::*;

#[step]
async fn search(text: String) -> Result<String> {
    Ok(text)
}

#[step(model = "openai:gpt-4o", tools = [search])]
fn research(topic: String, notes: &mut Vec<String>) -> Prompt<String> {
    notes.push(topic.clone());
    Prompt::ask(topic)
}

fn main() {}
