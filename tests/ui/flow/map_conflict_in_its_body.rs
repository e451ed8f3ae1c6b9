// A map runs beside itself: also what a pipeline in its body writes meets.
// errors: 1

use flujo::prelude::*;

#[context]
struct Research {
    topic: String,
    #[context(part, merge = append)]
    notes: Vec<String>,
}

#[step]
async fn rename(topic: String, ctx: &mut Research) -> Result<String> {
    ctx.topic.clone_from(&topic);
    Ok(topic)
}

pipeline! {
    fn search(topic: String, ctx: &mut Research) -> String {
        rename(topic)
    }
}

pipeline! {
    fn research(topics: Vec<String>, ctx: &mut Research) -> Vec<String> {
        map(topics, |topic| if topic.is_empty() { value(topic) } else { search(topic) })
    }
}

fn main() {}
