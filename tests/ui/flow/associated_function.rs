// A function of a type is a plain value.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let empty = String::new();
        triage(format!("{text}{empty}"))
    }
}

fn main() {}
