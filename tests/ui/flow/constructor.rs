// A constructor is a plain value.
// errors: 1

use flujo::prelude::*;

#[step]
async fn archive(text: Option<String>) -> Result<Option<String>> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> Option<String> {
        Some(text)
    }
}

fn main() {}
