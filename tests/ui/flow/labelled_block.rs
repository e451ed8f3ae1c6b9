// Nothing can break out of a block.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = 'first: {
            triage(text)
        };
        text
    }
}

fn main() {}
