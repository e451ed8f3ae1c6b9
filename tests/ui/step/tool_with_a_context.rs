// A tool has only its inputs: whoever calls it knows no context.
// errors: 1

use flujo::prelude::*;

#[context]
struct Research {
    #[context(part)]
    notes: Vec<String>,
}

#[step]
async fn note(text: String, notes: &mut Vec<String>) -> Result<String> {
    notes.push(text.clone());
    Ok(text)
}

#[step(model = "openai:gpt-4o", tools = [note])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

pipeline! {
    fn find(topic: String, ctx: &mut Research) -> String {
        research(topic)
    }
}

fn main() {}
