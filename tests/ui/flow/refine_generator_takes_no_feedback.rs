// The generator of a refine takes what the critic said, if anything.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

#[step]
async fn review(text: String) -> Result<Critique> {
    Ok(if text.is_empty() { Critique::revise("empty") } else { Critique::Accept })
}

pipeline! {
    fn moderate() -> String {
        refine(triage, review).max(3)
    }
}

fn main() {}
