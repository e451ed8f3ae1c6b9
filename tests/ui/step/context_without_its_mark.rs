// A context that is read is marked `#[ctx]`.
// errors: 1

use flujo::prelude::*;

#[context]
struct Moderation {
    #[context(part)]
    notes: Vec<String>,
    posts: u64,
}

#[step]
async fn count(text: String, ctx: &Moderation) -> Result<u64> {
    let _ = text;
    Ok(ctx.posts)
}

pipeline! {
    fn moderate(text: String, ctx: &mut Moderation) -> u64 {
        count(text)
    }
}

fn main() {}
