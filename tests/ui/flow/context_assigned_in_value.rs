// Only steps write the context, also in a plain expression.
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
        let text = value({
            ctx.posts = 1;
            text
        });
        triage(text)
    }
}

fn main() {}
