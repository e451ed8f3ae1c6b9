// Each use of a step has a name of its own.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = scan(text);
        let text = scan(text);
        scan(text)
    }
}

fn main() {}
