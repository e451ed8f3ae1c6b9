//! The example of `docs/book/reference/forms/gate.md`.

use flujo::ErrorKind;
use flujo::prelude::*;

#[step]
async fn answer(question: String) -> Result<String> {
    Ok(format!("about {question}"))
}

struct NoDigits;

impl Validator<String> for NoDigits {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.contains(char::is_numeric) {
            ValidationResult::invalid("it contains a digit")
        } else {
            ValidationResult::valid()
        }
    }
}

/// Takes a name out.
struct Redact(&'static str);

#[flujo::async_trait]
impl Plugin<String> for Redact {
    async fn review(&self, text: &String, _: &RunInfo) -> PluginResult<String> {
        PluginResult::Replace(text.replace(self.0, "***"))
    }
}

pipeline! {
    fn reply(question: String) -> String {
        let text = answer(question);
        gate(text, NoDigits).plugin(Redact("Ada"))
    }
}

#[tokio::test]
async fn a_value_passes_as_plugins_leave_it_or_fails_the_run() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().pipeline::<reply>().build()?;
    let result = flujo.run(reply("Ada".to_owned())).id("passes").await;
    assert_eq!(result.into_output()?, "about ***");

    let error = flujo.run(reply("42".to_owned())).await.into_output().unwrap_err();
    assert_eq!(error.to_string(), "reply/gate: rejected: it contains a digit");
    assert!(matches!(error.kind(), ErrorKind::Rejected(_)));
    assert_eq!(error.last_output::<String>().as_deref(), Some("about 42"));

    crate::page("gate", reply::GRAPH, &flujo, "passes").await;
    Ok(())
}
