//! Panics in the plain expressions of a pipeline: a failure of what the expression is in.

use flujo::prelude::*;
use flujo_tests::world::*;

/// Panics if the text is `x`.
fn checked(text: String) -> String {
    assert_ne!(text, "x", "no x");
    text
}

pipeline! {
    fn after_a_step(text: String, world: &World) -> String {
        let text = echo(text);
        value(checked(text))
    }
}

pipeline! {
    fn in_a_condition(text: String, world: &World) -> String {
        let text = echo(text);
        if checked(text.clone()).is_empty() { echo(text).named("empty") } else { echo(text).named("full") }
    }
}

pipeline! {
    fn in_an_arm(text: String, world: &World) -> String {
        let (left, right) = join({ let left = echo(text.clone()); value(checked(left)) }, echo(text.clone()).named("right"));
        format!("{left}{right}")
    }
}

pipeline! {
    fn in_an_item(texts: Vec<String>, world: &World) -> Vec<String> {
        map(texts, |text| { let text = echo(text); value(checked(text)) })
    }
}

fn said<T: std::fmt::Debug, C>(failed: PipelineResult<T, C>) -> String {
    let Outcome::Failed(error) = failed.outcome else { panic!("{:?}", failed.outcome) };
    assert!(matches!(error.kind(), flujo::ErrorKind::Panicked(_)), "{error:?}");
    error.to_string()
}

#[test]
fn a_panic_in_a_plain_expression_fails_the_run_and_a_retry_evaluates_it_again() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let no_x = r#"panicked: assertion `left != right` failed: no x
  left: "x"
 right: "x""#;
        let failed = flujo.run(after_a_step("x".into())).id("step").await;
        assert_eq!(said(failed), format!("after_a_step: {no_x}"));
        let failed = flujo.run(in_a_condition("x".into())).id("condition").await;
        assert_eq!(said(failed), format!("in_a_condition: {no_x}"));
        // Recorded as it was said.
        let failed = flujo.run(in_a_condition("x".into())).id("condition").await;
        assert_eq!(said(failed), format!("in_a_condition: {no_x}"));
        let failed = flujo.run(in_an_arm("x".into())).id("arm").await;
        assert_eq!(said(failed), format!("in_an_arm/join:echo: {no_x}"));
        let failed = flujo.run(in_an_item(vec!["a".into(), "x".into()])).id("item").await;
        assert_eq!(said(failed), format!("in_an_item/map[1]: {no_x}"));

        // What is recorded stays, and the engine lives.
        let before = calls.len();
        let failed = flujo.resume::<after_a_step>("step").await.unwrap();
        assert_eq!(said(failed), format!("after_a_step: {no_x}"));
        assert_eq!(calls.len(), before);
        assert_eq!(flujo.run(after_a_step("y".into())).await.into_output().unwrap(), "y");
    });
}

pipeline! {
    fn settled(texts: Vec<String>, world: &World) -> Vec<String> {
        let whole = after_a_step("x".to_owned()).settle();
        let (left, right) = join({ let left = echo("x".to_owned()).named("left"); value(checked(left)) }, echo("r".to_owned()).named("right")).settle();
        let items = map(texts, |text| { let text = echo(text); value(checked(text)) }).settle();
        let failures = items.iter().filter_map(|item| item.as_ref().err()).chain(whole.as_ref().err()).chain(left.as_ref().err());
        let kinds = failures.map(|failure| format!("{:?}", failure.kind));
        kinds.chain(right).collect::<Vec<_>>()
    }
}

#[test]
fn a_panic_in_a_plain_expression_is_a_failure_that_settle_makes_a_value() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let texts = ["a", "x", "b"].map(str::to_owned).to_vec();
        let done = flujo.run(settled(texts)).await.into_output().unwrap();
        assert_eq!(done, ["Panicked", "Panicked", "Panicked", "r"]);
        // One in the pipeline, one in each arm, one for each item.
        assert_eq!(calls.len(), 6);
    });
}

#[test]
fn a_panic_in_a_plain_expression_of_an_ephemeral_run_is_a_failure() {
    let calls = Calls::default();
    let flujo = Flujo::builder().ephemeral().resources(World { calls: calls.clone() }).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error =
        runtime.block_on(async { flujo.run(after_a_step("x".into())).await }).into_output().unwrap_err();
    assert!(matches!(error.kind(), flujo::ErrorKind::Panicked(_)), "{error:?}");
    assert_eq!(calls.len(), 1);
}
