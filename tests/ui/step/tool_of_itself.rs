// A step cannot call itself.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-4o", tools = [research])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
