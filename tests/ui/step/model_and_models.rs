// One model, and several.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-5", models = ["openai:gpt-5", "anthropic:claude-sonnet-4-6"])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
