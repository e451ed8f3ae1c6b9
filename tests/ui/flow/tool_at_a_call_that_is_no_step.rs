// A tool at a call is a plain function.
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

fn look(text: String) -> String {
    text
}

pipeline! {
    fn find(topic: String) -> String {
        research(topic).tools([look])
    }
}

fn main() {}
