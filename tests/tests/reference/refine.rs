//! The example of `docs/book/reference/forms/refine.md`.

use flujo::prelude::*;

#[step]
async fn write(feedback: Option<Feedback>) -> Result<String> {
    Ok(match feedback {
        Some(feedback) => format!("a {feedback} text"),
        None => "a long text".to_owned(),
    })
}

#[step]
async fn review(draft: String) -> Result<Critique> {
    Ok(if draft.contains("long") { Critique::revise("short") } else { Critique::Accept })
}

pipeline! {
    fn article() -> String {
        refine(|feedback| write(feedback), |draft| review(draft)).max(3)
    }
}

pipeline! {
    fn hasty() -> String {
        refine(|feedback| write(feedback), |draft| review(draft)).max(1)
    }
}

#[tokio::test]
async fn a_draft_is_made_again_until_the_critic_accepts_it() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().pipeline::<article>().build()?;
    assert_eq!(flujo.run(article()).id("a-1").await.into_output()?, "a short text");

    let error = flujo.run(hasty()).await.into_output().unwrap_err();
    assert_eq!(error.to_string(), "hasty/refine:write: `refine` did not finish within 1 round");
    assert_eq!(error.last_output::<String>().as_deref(), Some("a long text"));
    assert_eq!(error.feedback(), Some("short"));

    crate::page("refine", article::GRAPH, &flujo, "a-1").await;
    Ok(())
}
