// Rounds are rounds of tools.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-4o", tool_rounds = 3)]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
