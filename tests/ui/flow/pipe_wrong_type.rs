// The left side of `>>` is the input of the right one.
// errors: 1

use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Label {
    confidence: f64,
}

#[step]
async fn first_label(text: String) -> Result<Label> {
    let _ = text;
    Ok(Label { confidence: 1.0 })
}

#[step]
async fn judge(label: Label) -> Result<String> {
    Ok(label.confidence.to_string())
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        text >> triage >> judge
    }
}

fn main() {}
