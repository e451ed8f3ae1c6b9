// A choice of what is no tool of the step.
// errors: 1

use flujo::prelude::*;

#[step]
async fn search(text: String) -> Result<String> {
    Ok(text)
}

#[step(model = "openai:gpt-5", tools = [search], tool_choice = serach)]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
