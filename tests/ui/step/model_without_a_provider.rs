// A model is named with its provider.
// errors: 1
use flujo::prelude::*;

#[step(model = "gpt-4o-mini")]
fn label(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

fn main() {}
