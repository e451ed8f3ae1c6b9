// So is what the tool of a tool may write, also where it is a fallback.
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

#[step(model = "openai:gpt-4o-mini", tools = [compose])]
fn clerk(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

#[step(model = "openai:gpt-4o", tools = [clerk])]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

#[step]
async fn guess(topic: String) -> Result<String> {
    Ok(topic)
}

pipeline! {
    fn find_out(topic: String, ctx: &mut Desk) -> String {
        let (found, _length) = join(guess(topic.clone()).fallback(research), compose(topic));
        found
    }
}

fn main() {}
