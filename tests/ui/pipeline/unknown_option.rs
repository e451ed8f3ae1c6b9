// A pipeline has one option, its name.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    #[pipeline(nmae = "moderate_v2")]
    fn moderate(text: String) -> String {
        triage(text)
    }
}

fn main() {}
