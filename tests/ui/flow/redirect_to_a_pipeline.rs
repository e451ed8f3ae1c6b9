// A redirected attempt is one of a step.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn careful(text: String) -> String {
        triage(text)
    }
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).redirect(careful)
    }
}

fn main() {}
