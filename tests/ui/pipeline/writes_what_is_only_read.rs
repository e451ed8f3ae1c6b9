// A pipeline that only reads its context calls nothing that writes it.
// errors: 1

use flujo::prelude::*;

#[context]
struct Moderation {
    posts: u64,
}

#[step]
async fn count(text: String, ctx: &mut Moderation) -> Result<String> {
    ctx.posts += 1;
    Ok(text)
}

pipeline! {
    fn moderate(text: String, #[ctx] ctx: &Moderation) -> String {
        count(text)
    }
}

fn main() {}
