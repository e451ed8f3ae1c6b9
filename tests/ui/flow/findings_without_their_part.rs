// Findings are kept in a part of the context.
// errors: 1

use flujo::prelude::*;

#[context]
struct Moderation {
    post: u64,
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, ctx: &mut Moderation) -> String {
        triage(text).keep_findings()
    }
}

fn main() {}
