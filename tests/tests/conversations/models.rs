//! Model steps: feedback, nobody to answer, stubs.

use flujo::Usage;
use flujo::prelude::*;
use flujo_tests::world::*;

pipeline! {
    fn labelling(text: String, world: &World) -> String {
        let label = label(text);
        label.name
    }
}

#[test]
fn a_model_answer_that_does_not_fit_goes_back_as_feedback() {
    on_all(async |engine, _| {
        let model = Scripted::new(&["not json", r#"{"name":"sarcastic"}"#]);
        let (flujo, _) = with_model(&engine, model.clone());
        let result = flujo.run(labelling("great, rain".into())).await;
        let requests = model.requests.lock().unwrap().clone();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].model, "test:small");
        assert_eq!(requests[0].max_tokens, Some(50));
        assert_eq!(requests[0].path, "labelling/label");
        assert_eq!(requests[0].messages.len(), 2);
        let told = &requests[1].messages[2].text;
        assert_eq!(
            told,
            "Your last answer was not accepted: the answer does not fit: expected ident at line 1 column 2"
        );
        // Both attempts cost.
        assert_eq!(result.usage, one_call() + one_call());
        assert_eq!(
            result.step("labelling/label").map(flujo::StepResult::usage),
            Some(one_call() + one_call())
        );
        assert_eq!(result.into_output().unwrap(), "sarcastic");
    });
}

#[test]
fn a_model_step_without_anybody_to_answer_says_so() {
    on_all(async |engine, _| {
        let calls = Calls::default();
        let builder = Flujo::builder().resources(World { calls });
        let flujo = flujo_tests::with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let error = flujo.run(labelling("x".into())).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "labelling/label: no model client is configured for `test:small`: call `.models(..)` or stub the step (attempt 1; fatal, so not retried)"
        );
    });
}

#[test]
fn stubs_answer_in_place_of_their_step() {
    on_all(async |engine, _| {
        let stub = flujo_testing::StubAgent::of(label, [Label { name: "stubbed".into() }]);
        let builder = Flujo::builder().resources(World { calls: Calls::default() }).stub(&stub);
        let flujo = flujo_tests::with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let result = flujo.run(labelling("x".into())).await;
        assert_eq!(result.usage, Usage::default());
        assert_eq!(result.into_output().unwrap(), "stubbed");
        assert_eq!(stub.calls(), [("x".to_owned(),)]);
        let error = flujo.run(labelling("x".into())).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "labelling/label: the stub of `label` was called 2 times, but has only 1 outputs (attempt 1; fatal, so not retried)"
        );
    });
}
