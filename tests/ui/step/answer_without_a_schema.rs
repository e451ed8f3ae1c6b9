// A model can only be asked for what has a JSON Schema.
// errors: 1
use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Label {
    confidence: f64,
}

#[step(model = "openai:gpt-4o-mini")]
fn label(text: String) -> Prompt<Label> {
    Prompt::ask(text)
}

fn main() {}
