//! The input of a run, read from wherever a step or a plugin is told of the run. A run that records nothing
//! encodes it only if somebody may ask.

use flujo::prelude::*;
use flujo_tests::world::*;

fn of(run: &RunInfo) -> String {
    match run.input::<(String,)>() {
        Ok((text,)) => text,
        Err(error) => format!("none: {error}"),
    }
}

#[step]
async fn asks(text: String, run: &RunInfo) -> Result<String> {
    Ok(format!("{text}{}", of(run)))
}

/// Never asks itself.
#[step]
async fn fails(_text: String) -> Result<String> {
    Err(StepError::fatal("no"))
}

#[step(fallback = asks)]
async fn falls_back(_text: String) -> Result<String> {
    Err(StepError::fatal("no"))
}

#[step]
async fn marks(text: String) -> Result<String> {
    Ok(format!("{text}+"))
}

struct Asks;
#[flujo::async_trait]
impl Plugin<String> for Asks {
    async fn review(&self, text: &String, run: &RunInfo) -> PluginResult<String> {
        PluginResult::Replace(format!("{text}{}", of(run)))
    }
}

struct Elsewhere;
#[flujo::async_trait]
impl Plugin<String> for Elsewhere {
    async fn review(&self, text: &String, _: &RunInfo) -> PluginResult<String> {
        if text.ends_with('+') { PluginResult::Redirect } else { PluginResult::Accept }
    }
}

struct Fine;
impl Validator<String> for Fine {
    fn validate(&self, _: &String) -> ValidationResult {
        ValidationResult::valid()
    }
}

pipeline! {
    fn by_step(text: String) -> String { asks(text) }
}
pipeline! {
    fn by_nested(text: String) -> String { by_step(text) }
}
pipeline! {
    fn by_item(text: String) -> Vec<String> { map(vec![text], |text| asks(text)) }
}
pipeline! {
    fn by_fallback(text: String) -> String { fails(text).fallback(asks) }
}
pipeline! {
    fn by_default_fallback(text: String) -> String { falls_back(text) }
}
pipeline! {
    fn by_redirect(text: String) -> String { marks(text).retries(1).plugin(Elsewhere).redirect(asks) }
}
pipeline! {
    fn by_plugin(text: String) -> String { marks(text).plugin(Asks) }
}
pipeline! {
    fn by_gate(text: String) -> String { gate(text, Fine).plugin(Asks) }
}

#[test]
fn the_input_of_a_run_is_there_for_whoever_may_ask() {
    on_all(async |engine, _| {
        let (recorded, _) = flujo(&engine);
        let world = World { calls: Calls::default() };
        let unrecorded = Flujo::builder().resources(world).ephemeral().build().unwrap();
        for flujo in [recorded, unrecorded] {
            let x = || "x".to_owned();
            assert_eq!(flujo.run(by_step(x())).await.into_output().unwrap(), "xx");
            assert_eq!(flujo.run(by_nested(x())).await.into_output().unwrap(), "xx");
            assert_eq!(flujo.run(by_item(x())).await.into_output().unwrap(), ["xx"]);
            assert_eq!(flujo.run(by_fallback(x())).await.into_output().unwrap(), "xx");
            assert_eq!(flujo.run(by_default_fallback(x())).await.into_output().unwrap(), "xx");
            assert_eq!(flujo.run(by_redirect(x())).await.into_output().unwrap(), "xx");
            assert_eq!(flujo.run(by_plugin(x())).await.into_output().unwrap(), "x+x");
            assert_eq!(flujo.run(by_gate(x())).await.into_output().unwrap(), "xx");
        }
    });
}
