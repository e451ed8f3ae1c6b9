// One model is listed twice.
// errors: 1

use flujo::prelude::*;

#[step(models = ["openai:gpt-5", "openai:gpt-5"])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
