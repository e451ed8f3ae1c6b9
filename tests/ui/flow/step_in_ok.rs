// An output is bound before `Ok(..)` holds it.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> Result<String, String> {
        value(Ok(scan(text)))
    }
}

fn main() {}
