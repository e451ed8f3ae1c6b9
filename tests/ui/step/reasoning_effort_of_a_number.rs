// An effort is a word.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-5", reasoning_effort = 3)]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
