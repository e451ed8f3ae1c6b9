// A seed in quotes.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-5", seed = "7")]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
