// What a tool of a call may write is written where it is called.
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

#[step(model = "openai:gpt-4o")]
fn research(topic: String) -> Prompt<String> {
    Prompt::ask(topic)
}

pipeline! {
    fn find_out(topic: String, ctx: &mut Desk) -> String {
        let (found, _length) = join(research(topic.clone()).tools([compose]), compose(topic));
        found
    }
}

fn main() {}
