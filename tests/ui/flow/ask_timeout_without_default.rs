// A question with a timeout has a default.
// errors: 1

use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Label {
    confidence: f64,
}

pipeline! {
    fn moderate(text: String) -> String {
        let label: Label = ask("is this sarcastic?").timeout("2h");
        value(format!("{text}{}", label.confidence))
    }
}

fn main() {}
