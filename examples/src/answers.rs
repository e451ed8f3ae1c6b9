//! Who answers the model steps of an example: the model that the command line names, or whoever answers offline.

use flujo::Flujo;
use flujo::model::{ModelClient, Script};
use flujo::run::Builder;
use std::error::Error;
use std::sync::Arc;

/// An engine's builder with somebody to answer.
#[derive(Debug)]
pub struct Answers {
    /// To be built on.
    pub builder: Builder<()>,
    /// The model that answers, `provider:model`.
    pub who: String,
    /// Where its prices are from, and of when.
    pub prices: String,
}

/// The model that stands first on the command line; without one the script answers.
///
/// # Errors
/// As [`asking`].
pub fn answers(script: Script) -> Result<Answers, Box<dyn Error>> {
    match std::env::args().nth(1) {
        Some(model) => asking(&model, |client| client),
        None => Ok(Answers {
            builder: Flujo::builder().models(script),
            who: "script:offline".to_owned(),
            prices: "nobody".to_owned(),
        }),
    }
}

/// A real model, with keys, limits and prices as the settings say. `wrap` may put something around its client.
///
/// # Errors
/// The settings make no sense, or this was built without the feature `models`.
#[cfg(feature = "models")]
pub fn asking<C: ModelClient>(
    who: &str,
    wrap: impl FnOnce(Arc<dyn ModelClient>) -> C,
) -> Result<Answers, Box<dyn Error>> {
    let settings = flujo::settings::Settings::load()?;
    let models = wrap(Arc::new(flujo_models::Models::from_settings(&settings)?));
    let prices = flujo_models::PriceList::from_settings(&settings)?;
    let sources = prices.sources().join(", ");
    let builder = Flujo::builder().settings(&settings).models(models).prices(prices);
    Ok(Answers { builder, who: who.to_owned(), prices: sources })
}

/// A real model, which this was built without.
///
/// # Errors
/// Always.
#[cfg(not(feature = "models"))]
pub fn asking<C: ModelClient>(
    who: &str,
    _: impl FnOnce(Arc<dyn ModelClient>) -> C,
) -> Result<Answers, Box<dyn Error>> {
    Err(format!("to ask `{who}`, run this with `--features models`").into())
}
