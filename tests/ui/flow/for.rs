// Flow is known to the graph: there is no `for`.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(texts: Vec<String>) -> String {
        for text in texts {
            triage(text);
        }
        value(String::new())
    }
}

fn main() {}
