// A step asks a role or a model, not both.
// errors: 1
use flujo::prelude::*;

#[step(role = review, model = "openai:gpt-4o")]
fn label(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

fn main() {}
