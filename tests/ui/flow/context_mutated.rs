// In a pipeline the context is read only.
// errors: 1

use flujo::prelude::*;

#[context]
struct Moderation {
    notes: Vec<String>,
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, ctx: &mut Moderation) -> String {
        ctx.notes.push(text.clone());
        triage(text)
    }
}

fn main() {}
