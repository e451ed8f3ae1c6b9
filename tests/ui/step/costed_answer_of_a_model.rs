// What a model uses is counted by itself.
// errors: 1
use flujo::prelude::*;

#[step(model = "openai:gpt-4o-mini")]
fn label(text: String) -> Prompt<Costed<String>> {
    Prompt::ask(text)
}

fn main() {}
