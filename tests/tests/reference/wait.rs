//! The example of `docs/book/reference/forms/wait.md`.

use flujo::clock::Clock;
use flujo::prelude::*;
use flujo_testing::PausedClock;
use std::sync::Arc;
use std::time::Duration;

#[step]
async fn remind(name: String) -> Result<String> {
    Ok(format!("remember, {name}"))
}

pipeline! {
    fn later(name: String) -> String {
        wait("2h");
        remind(name)
    }
}

#[tokio::test]
async fn two_hours_pass_on_the_clock_of_the_engine() -> Result<(), flujo::Error> {
    let clock = PausedClock::default();
    let flujo = Flujo::builder().clock(Arc::new(clock.clone())).pipeline::<later>().build()?;
    let began = clock.now();
    let result = flujo.run(later("Ada".to_owned())).id("ada").await;
    assert!(clock.now().since(began) >= Duration::from_secs(7200));
    assert_eq!(result.into_output()?, "remember, Ada");

    crate::page("wait", later::GRAPH, &flujo, "ada").await;
    Ok(())
}
