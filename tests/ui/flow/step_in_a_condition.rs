// An output is bound before a condition asks for it.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

#[step]
async fn shout(text: String) -> Result<String> {
    Ok(text.to_uppercase())
}

pipeline! {
    fn moderate(text: String) -> String {
        if scan(text.clone()).is_empty() { text } else { shout(text) }
    }
}

fn main() {}
