// A plain expression cannot wait.
// errors: 1

use flujo::prelude::*;

async fn load() -> String {
    String::new()
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let extra = value(load().await);
        triage(format!("{text}{extra}"))
    }
}

fn main() {}
