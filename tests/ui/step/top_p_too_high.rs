// A probability ends at 1.
// errors: 1
use flujo::prelude::*;

#[step(model = "openai:gpt-4o-mini", top_p = 1.1)]
fn label(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

fn main() {}
