// A step that is asked by role returns a prompt.
// errors: 1
use flujo::prelude::*;

#[step(role = review)]
async fn label(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
