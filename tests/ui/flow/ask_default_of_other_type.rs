// The reply to assume is a reply like any other.
// errors: 1

use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Label {
    confidence: f64,
}

pipeline! {
    fn moderate(text: String) -> String {
        let label: Label = ask("is this sarcastic?").showing(&text).timeout("2h", 0.5);
        value(label.confidence.to_string())
    }
}

fn main() {}
