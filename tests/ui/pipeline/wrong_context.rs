// A pipeline is called whose context is neither this one's nor a part of it.
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
    fn charge(text: String, billing: &mut Billing) -> String {
        triage(text)
    }
}

pipeline! {
    fn moderate(text: String, ctx: &mut Moderation) -> String {
        charge(text)
    }
}

fn main() {}
