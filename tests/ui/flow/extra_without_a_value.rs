// A field without its value.
// errors: 1

use flujo::prelude::*;

#[step]
async fn search(text: String) -> Result<String> {
    Ok(text)
}

#[step(model = "openai:gpt-4o")]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

pipeline! {
    fn find(topic: String) -> String {
        research(topic).extra("top_k")
    }
}

fn main() {}
