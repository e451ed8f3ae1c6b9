// An answer is recorded, and has a JSON Schema.
// errors: 1
use flujo::prelude::*;

struct Label {
    confidence: f64,
}

#[step(model = "openai:gpt-4o-mini")]
fn label(text: String) -> Prompt<Label> {
    Prompt::ask(text)
}

fn main() {}
