// The output of `join` is the tuple of its arms.
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
        let (a, b): (String, u8) = join(triage(text.clone()), review(text));
        value(format!("{a}{b}"))
    }
}

fn main() {}
