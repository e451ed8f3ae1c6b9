//! The example of `docs/book/reference/forms/join.md`.

use flujo::prelude::*;

#[step]
async fn web(topic: String, seen: &mut Vec<String>) -> Result<String> {
    seen.push("web".to_owned());
    Ok(format!("{topic} on the web"))
}

#[step]
async fn papers(topic: String, seen: &mut Vec<String>) -> Result<u32> {
    seen.push("papers".to_owned());
    if topic.is_empty() { Err(StepError::fatal("no topic")) } else { Ok(3) }
}

#[context]
#[derive(Default)]
struct Sources {
    #[context(part, merge = append)]
    seen: Vec<String>,
}

pipeline! {
    fn research(topic: String, ctx: &mut Sources) -> String {
        let (text, count) = join(web(topic.clone()), papers(topic)).settle();
        match (text, count) {
            (Ok(text), Ok(count)) => format!("{text}, and {count} papers"),
            (Ok(text), Err(failure)) => format!("{text}, no papers: {}", failure.message),
            (Err(failure), _) => fail(failure.message),
        }
    }
}

#[tokio::test]
async fn arms_run_beside_each_other_and_their_parts_are_merged() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().pipeline::<research>().build()?;
    let result = flujo.run(research("rust".to_owned())).id("rust").context(Sources::default()).await;
    assert_eq!(result.context.seen, ["web", "papers"]);
    assert_eq!(result.into_output()?, "rust on the web, and 3 papers");

    // A settled arm that fails leaves the other one alone, and adds nothing to the context.
    let result = flujo.run(research(String::new())).context(Sources::default()).await;
    assert_eq!(result.context.seen, ["web"]);
    assert_eq!(result.into_output()?, " on the web, no papers: no topic");

    crate::page("join", research::GRAPH, &flujo, "rust").await;
    Ok(())
}
