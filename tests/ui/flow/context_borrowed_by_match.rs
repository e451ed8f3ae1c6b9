// A borrow of the context ends before a step may write it, in a branch as well.
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
        match ctx.topic.as_str() {
            "" => text,
            topic => {
                let text = count(text);
                value(format!("{text} {topic}"))
            }
        }
    }
}

fn main() {}
