//! The example of `docs/book/reference/forms/value.md`.

use flujo::prelude::*;

#[step]
async fn find(name: String) -> Result<u32> {
    Ok(u32::try_from(name.len())?)
}

pipeline! {
    fn known(name: String) -> Option<u32> {
        let n = find(name);
        value(Some(n))
    }
}

#[tokio::test]
async fn a_constructor_is_a_value_and_no_step() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().pipeline::<known>().build()?;
    assert_eq!(flujo.run(known("Ada".to_owned())).id("ada").await.into_output()?, Some(3));

    crate::page("value", known::GRAPH, &flujo, "ada").await;
    Ok(())
}
