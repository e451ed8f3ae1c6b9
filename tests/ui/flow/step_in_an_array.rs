// An output is bound before an array holds it.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> [String; 1] {
        [scan(text)]
    }
}

fn main() {}
