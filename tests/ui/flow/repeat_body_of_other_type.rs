// Every round gives what the next one takes.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

#[step]
async fn size(text: String) -> Result<usize> {
    Ok(text.len())
}

pipeline! {
    fn moderate(text: String) -> String {
        repeat(text, |text| size(text)).until(|_| true).max(3)
    }
}

fn main() {}
