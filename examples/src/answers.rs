//! Who answers the model steps of an example: the model that the command line names, or a script.

use flujo::Flujo;
use flujo::model::Script;
use flujo::run::Builder;
use std::error::Error;

/// An engine's builder with somebody to answer.
#[derive(Debug)]
pub struct Answers {
    /// To be built on.
    pub builder: Builder<()>,
    /// The model that answers, `provider:model`.
    pub who: String,
}

/// The model that stands first on the command line, with keys and prices as the settings say; without one the script
/// answers.
///
/// # Errors
/// The settings make no sense, or a model is named and this was built without the feature `models`.
pub fn answers(script: Script) -> Result<Answers, Box<dyn Error>> {
    match std::env::args().nth(1) {
        Some(model) => real(&model),
        None => Ok(Answers { builder: Flujo::builder().models(script), who: "script:offline".to_owned() }),
    }
}

#[cfg(feature = "models")]
fn real(who: &str) -> Result<Answers, Box<dyn Error>> {
    let settings = flujo::settings::Settings::load()?;
    let models = flujo::models::Models::from_settings(&settings)?;
    let prices = flujo::models::PriceList::from_settings(&settings)?;
    let builder = Flujo::builder().settings(&settings).models(models).prices(prices);
    Ok(Answers { builder, who: who.to_owned() })
}

#[cfg(not(feature = "models"))]
fn real(who: &str) -> Result<Answers, Box<dyn Error>> {
    Err(format!("to ask `{who}`, run this with `--features models`").into())
}
