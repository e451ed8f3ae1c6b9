//! The example of `docs/book/reference/forms/map.md`.

use flujo::prelude::*;

#[step]
async fn halve(n: u32) -> Result<u32> {
    if n.is_multiple_of(2) { Ok(n / 2) } else { Err(StepError::fatal("odd")) }
}

pipeline! {
    fn halves(numbers: Vec<u32>) -> Vec<u32> {
        let halved = map(numbers, |n| halve(n)).concurrency(4).max(100);
        halved
    }
}

#[tokio::test]
async fn outputs_are_in_the_order_of_the_items() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().pipeline::<halves>().build()?;
    assert_eq!(flujo.run(halves(vec![6, 8])).id("even").await.into_output()?, [3, 4]);
    assert_eq!(flujo.run(halves(vec![])).await.into_output()?, Vec::<u32>::new());

    let error = flujo.run(halves(vec![6, 7])).await.into_output().unwrap_err();
    assert_eq!(error.to_string(), "halves/halved[1]/halve: odd");
    let error = flujo.run(halves(vec![2; 101])).await.into_output().unwrap_err();
    assert_eq!(error.to_string(), "halves/halved: 101 items exceed the bound, `.max(100)`");

    crate::page("map", halves::GRAPH, &flujo, "even").await;
    Ok(())
}
