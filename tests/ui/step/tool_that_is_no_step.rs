// A tool is a step.
// errors: 1

use flujo::prelude::*;

fn search(text: String) -> String {
    text
}

#[step(model = "openai:gpt-4o", tools = [search])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

pipeline! {
    fn find(topic: String) -> String {
        research(topic)
    }
}

fn main() {}
