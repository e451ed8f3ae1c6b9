// An arm runs something.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let (a, b) = join(triage(text), 3);
        value(format!("{a}{b}"))
    }
}

fn main() {}
