// A seed below zero.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-5", seed = -1)]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
