// A pipeline has one context; its steps may ask for several parts of it.
// errors: 1

use flujo::prelude::*;

#[context]
struct Moderation {
    posts: u64,
}

#[context]
struct Billing {
    cents: u64,
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, ctx: &mut Moderation, billing: &mut Billing) -> String {
        triage(text)
    }
}

fn main() {}
