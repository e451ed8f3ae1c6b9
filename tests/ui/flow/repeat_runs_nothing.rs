// A loop in which nothing runs is plain Rust.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        repeat(text, |text| text.trim().to_owned()).until(|text| text.is_empty()).max(3)
    }
}

fn main() {}
