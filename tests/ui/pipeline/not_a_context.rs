// The context is declared with `#[context]`.
// errors: 2

use flujo::prelude::*;

struct Moderation {
    posts: u64,
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, ctx: &mut Moderation) -> String {
        let text = triage(text);
        let text = triage(text).named("again");
        value(format!("{text} {}", ctx.posts))
    }
}

fn main() {}
