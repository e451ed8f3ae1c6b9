// An arm borrows what it names.
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
        let (a, b) = join(triage(text.clone()), move || review(text));
        value(format!("{a}{b}"))
    }
}

fn main() {}
