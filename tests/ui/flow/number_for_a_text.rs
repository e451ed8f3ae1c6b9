// An input has the type that the step takes.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-4o-mini", retries = 2)]
fn translate(text: String) -> Prompt<String> {
    Prompt::ask(format!("Translate into French: {text}"))
}

pipeline! {
    fn hello(name: String) -> String {
        translate(name.len())
    }
}

fn main() {}
