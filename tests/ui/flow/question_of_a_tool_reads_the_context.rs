// The question of a tool at a call reads the context, which the call has.
// errors: 1

use flujo::prelude::*;

#[context]
struct Desk {
    owner: String,
}

#[step]
async fn search(text: String) -> Result<String> {
    Ok(text)
}

#[step(model = "openai:gpt-4o")]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

pipeline! {
    fn find(topic: String, ctx: &mut Desk) -> String {
        research(topic).tools([search.ask_first(&ctx.owner)])
    }
}

fn main() {}
