// An output is bound before `Some(..)` holds it.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> Option<String> {
        value(Some(scan(text)))
    }
}

fn main() {}
