// All branches give the same type.
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
        let out = match risk {
            Risk::Low => triage(text),
            Risk::Standard | Risk::High => 3,
        };
        out
    }
}

fn main() {}
