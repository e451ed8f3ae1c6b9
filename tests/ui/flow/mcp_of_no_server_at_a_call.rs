// A resource at a call that is no server of tools.
// errors: 1

use flujo::prelude::*;

struct Docs;

#[step(model = "openai:gpt-5")]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

#[resources]
struct App {
    docs: Docs,
}

pipeline! {
    fn find(topic: String, app: &App) -> String {
        research(topic).tools([mcp(Docs)])
    }
}

fn main() {
    let _ = App { docs: Docs }.docs;
}
