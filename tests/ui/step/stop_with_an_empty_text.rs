// A text that ends every answer.
// errors: 1

use flujo::prelude::*;

#[step(model = "openai:gpt-5", stop = ["END", ""])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {}
