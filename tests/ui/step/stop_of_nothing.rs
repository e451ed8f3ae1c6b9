// No text at all.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-5", stop = [])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
