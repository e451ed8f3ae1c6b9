// The context is borrowed mutably by its type.
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
    fn moderate(text: String, mut ctx: &mut Moderation) -> String {
        triage(text)
    }
}

fn main() {}
