// A context is borrowed.
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
    fn moderate(text: String, #[ctx] ctx: Moderation) -> String {
        triage(text)
    }
}

fn main() {}
