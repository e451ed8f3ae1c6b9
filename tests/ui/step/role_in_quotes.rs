// A role is a name, not a text.
// errors: 1
use flujo::prelude::*;

#[step(role = "review")]
fn label(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

fn main() {}
