// Only models call tools.
// errors: 1

use flujo::prelude::*;

#[step]
async fn search(text: String) -> Result<String> {
    Ok(text)
}

#[step(tools = [search])]
async fn research(topic: String) -> Result<String> {
    Ok(topic)
}

fn main() {}
