// A loop of drafts needs a bound.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        refine(|_| triage(text.clone()), |_| Critique::Accept)
    }
}

fn main() {}
