// The critic ends a refine.
// errors: 1

use flujo::prelude::*;

#[step]
async fn review(text: String) -> Result<Critique> {
    Ok(if text.is_empty() { Critique::revise("empty") } else { Critique::Accept })
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        refine(|_| triage(text.clone()), review).until(|text| text.is_empty()).max(3)
    }
}

fn main() {}
