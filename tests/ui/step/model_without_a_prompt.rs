// A model step returns a prompt.
// errors: 1
use flujo::prelude::*;

#[step(model = "openai:gpt-4o-mini")]
async fn label(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
