// Temperature is a number.
// errors: 1
use flujo::prelude::*;

#[step(model = "openai:gpt-4o-mini", temperature = "warm")]
fn label(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

fn main() {}
