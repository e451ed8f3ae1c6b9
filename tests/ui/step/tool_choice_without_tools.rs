// A choice among no tools.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-5", tool_choice = required)]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
