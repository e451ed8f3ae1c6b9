// Temperature ends at 2.
// errors: 1
use flujo::prelude::*;

#[step(model = "openai:gpt-4o-mini", temperature = 2.5)]
fn label(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

fn main() {}
