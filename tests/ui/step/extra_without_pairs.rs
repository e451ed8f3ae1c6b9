// Fields need their values.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-5", extra = ["top_k"])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
