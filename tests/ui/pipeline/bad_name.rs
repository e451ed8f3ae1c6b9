// A pipeline's name is the first segment of every path.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    #[pipeline(name = "Moderate v2")]
    fn moderate(text: String) -> String {
        triage(text)
    }
}

fn main() {}
