// A step takes its inputs.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

#[step]
async fn review(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let triaged = triage(text);
        let reviewed = review(text);
        value(format!("{triaged}{reviewed}"))
    }
}

fn main() {}
