// A tool of a call works on the context of its pipeline.
// errors: 1

use flujo::prelude::*;

#[context]
struct Desk {
    notes: Vec<String>,
}

#[step]
async fn keep(note: String, log: &mut Vec<u64>) -> Result<usize> {
    log.push(1);
    Ok(note.len())
}

#[step(model = "openai:gpt-4o")]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

pipeline! {
    fn find_out(topic: String, ctx: &mut Desk) -> String {
        research(topic).tools([keep])
    }
}

fn main() {}
