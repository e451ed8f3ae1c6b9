// A person can only be asked for what has a schema.
// errors: 1

use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Label {
    confidence: f64,
}

pipeline! {
    fn moderate(text: String) -> String {
        let label: Label = ask("is this sarcastic?").showing(&text);
        value(label.confidence.to_string())
    }
}

fn main() {}
