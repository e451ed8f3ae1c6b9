// A tier is one word.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-5", service_tier = "as fast as you can")]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
