// How a model reasons is no matter of a step of code.
// errors: 1

use flujo::prelude::*;

#[step(reasoning_effort = "low")]
async fn search(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
