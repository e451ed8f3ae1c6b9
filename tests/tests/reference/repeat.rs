//! The example of `docs/book/reference/forms/repeat.md`.

use flujo::prelude::*;

#[step]
async fn halve(n: u32) -> Result<u32> {
    Ok(n / 2)
}

pipeline! {
    fn shrink(n: u32) -> u32 {
        repeat(n, |n| halve(n)).until(|n| *n < 10).max(5)
    }
}

const _: () = shrink::BOUNDS.assert_step_runs_at_most(5);

#[tokio::test]
async fn a_loop_ends_when_its_condition_holds_or_fails_with_its_last_value() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().pipeline::<shrink>().build()?;
    assert_eq!(flujo.run(shrink(50)).id("fifty").await.into_output()?, 6);

    let error = flujo.run(shrink(1000)).await.into_output().unwrap_err();
    assert_eq!(error.to_string(), "shrink/repeat:halve: `repeat` did not finish within 5 rounds");
    assert_eq!(error.last_output::<u32>(), Some(31));

    crate::page("repeat", shrink::GRAPH, &flujo, "fifty").await;
    Ok(())
}
