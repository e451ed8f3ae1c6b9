// A model in a list names its provider.
// errors: 1

use flujo::prelude::*;

#[step(models = ["openai:gpt-5", "claude"])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
