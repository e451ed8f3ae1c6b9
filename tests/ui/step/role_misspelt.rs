// The role of a model step, misspelt.
// errors: 1
use flujo::prelude::*;

#[step(rol = review, max_tokens = 50)]
fn label(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

fn main() {}
