//! The example of `docs/book/reference/forms/fail.md`.

use flujo::ErrorKind;
use flujo::prelude::*;

#[step]
async fn find(name: String) -> Result<Option<u32>> {
    Ok(if name == "Ada" { Some(1815) } else { None })
}

pipeline! {
    fn year_of(name: String) -> u32 {
        let Some(year) = find(name.clone()) else {
            fail(format!("nothing is known of {name}"))
        };
        year
    }
}

pipeline! {
    fn year_or_zero(name: String) -> u32 {
        let year = year_of(name).settle();
        year.unwrap_or(0)
    }
}

#[tokio::test]
async fn a_pipeline_ends_with_its_message_or_its_caller_settles_it() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().pipeline::<year_of>().build()?;
    let error = flujo.run(year_of("Bob".to_owned())).id("bob").await.into_output().unwrap_err();
    assert_eq!(error.to_string(), "year_of: nothing is known of Bob");
    assert!(matches!(error.kind(), ErrorKind::Failed(_)) && !error.is_retryable());

    assert_eq!(flujo.run(year_or_zero("Bob".to_owned())).await.into_output()?, 0);

    crate::page("fail", year_of::GRAPH, &flujo, "bob").await;
    Ok(())
}
