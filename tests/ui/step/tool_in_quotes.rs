// A tool is named, without quotes.
// errors: 1

use flujo::prelude::*;

#[step]
async fn search(text: String) -> Result<String> {
    Ok(text)
}

#[step(model = "openai:gpt-4o", tools = ["search"])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
