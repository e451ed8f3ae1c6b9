// A resource that is no server of tools.
// errors: 1

use flujo::prelude::*;

struct Docs;

#[step(model = "openai:gpt-5", tools = [mcp(Docs)])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

fn main() {
    let _ = Docs;
}
