// Every case has a branch.
// errors: 1

use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
enum Risk {
    Low,
    Standard,
    High,
}

#[step]
async fn rate(text: String) -> Result<Risk> {
    let _ = text;
    Ok(Risk::Low)
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let risk = rate(text.clone());
        match risk {
            Risk::Low => text,
            Risk::High => triage(text),
        }
    }
}

fn main() {}
