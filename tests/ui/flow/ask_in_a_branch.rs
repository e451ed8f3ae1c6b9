// A question in a branch is bound in its block.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, sure: bool) -> String {
        let label = if sure { triage(text) } else { ask("what is it?") };
        label
    }
}

fn main() {}
