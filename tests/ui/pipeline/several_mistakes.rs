// Mistakes in the signature and in the body come together.
// errors: 4

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    #[pipeline(name = "Moderate")]
    async fn moderate(text: &str) -> String {
        triage(text.to_string()).await
    }
}

fn main() {}
