// A borrow of the context ends before a step may write it.
// errors: 1

use flujo::prelude::*;

#[context]
struct Moderation {
    topic: String,
}

#[step]
async fn count(text: String, ctx: &mut Moderation) -> Result<String> {
    ctx.topic.clear();
    Ok(text)
}

pipeline! {
    fn moderate(text: String, ctx: &mut Moderation) -> String {
        let topic = &ctx.topic;
        let text = count(text);
        value(format!("{text} {topic}"))
    }
}

fn main() {}
