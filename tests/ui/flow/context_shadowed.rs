// No value takes the name of the context.
// errors: 1

use flujo::prelude::*;

#[context]
struct Moderation {
    posts: u64,
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, ctx: &mut Moderation) -> String {
        let ctx = triage(text);
        ctx
    }
}

fn main() {}
