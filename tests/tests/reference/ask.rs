//! The example of `docs/book/reference/forms/ask.md`.

use flujo::prelude::*;

#[step]
async fn publish(text: String) -> Result<String> {
    Ok(format!("published: {text}"))
}

pipeline! {
    fn release(text: String) -> String {
        let approved: bool = ask("May this be published?").showing(&text).timeout("2d", false);
        if approved { publish(text) } else { fail("not approved") }
    }
}

#[tokio::test]
async fn a_person_replies_and_the_run_goes_on() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().pipeline::<release>().build()?;
    let paused = flujo.run(release("a post".to_owned())).id("post-1").await;
    let [question] = paused.questions() else { panic!("one question is open") };
    assert_eq!((question.path.as_str(), question.deadline.is_some()), ("release/approved", true));

    // A reply of another type is refused, and the question stays open.
    let refused = flujo.resume::<release>("post-1").reply("yes").await;
    assert!(matches!(refused.unwrap_err().kind(), flujo::ErrorKind::Reply(_)));

    let result = flujo.resume::<release>("post-1").reply(true).by("editor").await?;
    assert_eq!(result.hitl_history.len(), 1);
    assert_eq!(result.into_output()?, "published: a post");

    crate::page("ask", release::GRAPH, &flujo, "post-1").await;
    Ok(())
}
