// A critic gives a critique.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        refine(|_| triage(text.clone()), |draft| triage(draft).named("critic")).max(3)
    }
}

fn main() {}
