// No such effort.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-5", reasoning_effort = "hihg")]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
