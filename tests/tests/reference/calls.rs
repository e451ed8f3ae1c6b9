//! The example of `docs/book/reference/forms/calls.md`.

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<u32> {
    if text.is_empty() { Err(StepError::retryable("no text")) } else { Ok(u32::try_from(text.len())?) }
}

#[step]
async fn guess(_text: String) -> Result<u32> {
    Ok(0)
}

#[step]
async fn describe(size: u32) -> Result<String> {
    Ok(format!("size {size}"))
}

pipeline! {
    fn measure(text: String) -> String {
        text >> triage.retries(1).backoff(none).fallback(guess) >> describe
    }
}

pipeline! {
    fn both(first: String, second: String) -> Vec<String> {
        let one = measure(first);
        let two = measure(second).named("again").settle();
        vec![one, two.unwrap_or_default()]
    }
}

#[tokio::test]
async fn calls_are_nodes_and_a_pipeline_is_called_like_a_step() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().pipeline::<both>().build()?;
    let result = flujo.run(both("abc".to_owned(), String::new())).id("both").await;
    assert_eq!(result.into_output()?, ["size 3", "size 0"]);

    crate::page("calls", both::GRAPH, &flujo, "both").await;
    Ok(())
}
