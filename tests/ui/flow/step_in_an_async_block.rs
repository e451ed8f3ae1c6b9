// An async block runs no step.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let pending = async { scan(text.clone()) };
        text
    }
}

fn main() {}
