// The name of a role is lower-case, as in the settings.
// errors: 1
use flujo::prelude::*;

#[step(role = Review)]
fn label(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

fn main() {}
