// A redirect is a step.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn careful(text: String) -> String {
    text
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).redirect(careful)
    }
}

fn main() {}
