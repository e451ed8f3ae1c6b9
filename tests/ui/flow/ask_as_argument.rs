// A question is bound before a step takes its reply.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(ask("what is it?").showing(&text))
    }
}

fn main() {}
