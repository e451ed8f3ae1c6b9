// A question has its own options.
// errors: 1

use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Label {
    confidence: f64,
}

pipeline! {
    fn moderate(text: String) -> String {
        let label: Label = ask("is this sarcastic?").shwoing(&text);
        value(label.confidence.to_string())
    }
}

fn main() {}
