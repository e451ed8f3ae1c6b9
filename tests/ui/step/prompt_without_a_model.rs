// A step with a prompt names a model.
// errors: 1
use flujo::prelude::*;

#[step]
fn label(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

fn main() {}
