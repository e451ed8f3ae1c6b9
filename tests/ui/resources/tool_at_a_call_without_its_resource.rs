// What a tool of a call needs, the pipeline has to provide.
// errors: 1

use flujo::prelude::*;

#[derive(Clone)]
struct Web;

#[resources]
struct App {
    name: String,
}

#[step]
async fn search(text: String, web: &Web) -> Result<String> {
    let _ = web;
    Ok(text)
}

#[step(model = "openai:gpt-4o")]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

pipeline! {
    fn find(topic: String, app: &App) -> String {
        research(topic).tools([search])
    }
}

fn main() {
    let _ = App { name: String::new() }.name;
}
