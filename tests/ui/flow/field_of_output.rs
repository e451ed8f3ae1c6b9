// A field of the output needs a binding.
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

pipeline! {
    fn moderate(text: String) -> String {
        let confidence = first_label(text).confidence;
        value(confidence.to_string())
    }
}

fn main() {}
