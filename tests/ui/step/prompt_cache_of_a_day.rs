// No provider keeps prompts for a day.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-5", prompt_cache = "1d")]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
