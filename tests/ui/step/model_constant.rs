// A model is named in the attribute.
// errors: 1
use flujo::prelude::*;

#[step(model = MODEL)]
fn label(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

fn main() {}
