// A value of the context that is needed after a step is cloned before it.

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
        let topic = ctx.topic.clone();
        let text = count(text);
        value(format!("{text} {topic}"))
    }
}

fn main() {}
