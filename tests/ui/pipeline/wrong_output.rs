// The last expression is the output.
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

pipeline! {
    fn moderate(text: String) -> String {
        first_label(text)
    }
}

fn main() {}
