//! The example of `docs/book/reference/forms/route.md`.

use flujo::prelude::*;
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
enum Source {
    Web,
    Papers,
    Experts,
}

#[step]
async fn web(topic: String) -> Result<String> {
    Ok(format!("{topic} on the web"))
}

#[step]
async fn papers(topic: String) -> Result<String> {
    Ok(format!("papers on {topic}"))
}

pipeline! {
    fn research(topic: String, sources: BTreeSet<Source>) -> Vec<String> {
        route(sources, |source| match source {
            Source::Web => web(topic.clone()),
            Source::Papers => papers(topic.clone()),
            Source::Experts => fail("no expert is known"),
        })
    }
}

#[tokio::test]
async fn the_arms_of_the_set_run_beside_each_other() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().pipeline::<research>().build()?;
    let both = BTreeSet::from([Source::Papers, Source::Web]);
    let result = flujo.run(research("rust".to_owned(), both)).id("both").await;
    assert_eq!(result.into_output()?, ["rust on the web", "papers on rust"]);

    let error = flujo.run(research("rust".to_owned(), [Source::Experts].into())).await.into_output();
    assert_eq!(error.unwrap_err().to_string(), "research: no expert is known");
    let none = flujo.run(research("rust".to_owned(), BTreeSet::new())).await;
    assert!(none.into_output()?.is_empty());

    crate::page("route", research::GRAPH, &flujo, "both").await;
    Ok(())
}
