// A question within an expression is a branch of its own.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, sure: bool) -> String {
        let label = format!("{}!", if sure { text.clone() } else { ask("what is it?") });
        triage(label)
    }
}

fn main() {}
