// The function that decides takes the inputs of the tool.
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
        research(topic).tools([search.ask_first_if(|n: &u64| *n > 3)])
    }
}

fn main() {}
