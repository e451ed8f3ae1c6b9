// An answer needs a token.
// errors: 1
use flujo::prelude::*;

#[step(model = "openai:gpt-4o-mini", max_tokens = 0)]
fn label(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

fn main() {}
