// What a tool may write is written where its model step is called.
// errors: 1

use flujo::prelude::*;

#[context]
struct Desk {
    #[context(part)]
    draft: String,
}

#[step]
async fn compose(line: String, draft: &mut String) -> Result<usize> {
    draft.push_str(&line);
    Ok(draft.len())
}

#[step(model = "openai:gpt-4o", tools = [compose])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

pipeline! {
    fn find_out(topic: String, ctx: &mut Desk) -> String {
        let (found, _length) = join(research(topic.clone()), compose(topic));
        found
    }
}

fn main() {}
