// Values of fields are written out in the attribute.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-5", extra = [("top_k", 20 * 2)])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
