//! Clients and price lists from settings.

use crate::builder::{Compatible, ModelsBuilder};
use crate::client::Models;
use crate::prices::PriceList;
use crate::provider::Wire;
use flujo::error::RunResult;
use flujo::settings::{ProviderSettings, Settings};

impl Models {
    /// Returns a client of all known providers and those of the settings, with their keys and timeouts.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](flujo::ErrorKind::Setup): all invalid settings of providers, in one error.
    pub fn from_settings(settings: &Settings) -> RunResult<Self> {
        Self::builder().settings(settings).build()
    }
}

impl PriceList {
    /// Returns the bundled prices, with the overrides of the price file that the settings name.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](flujo::ErrorKind::Setup): the file cannot be read, or has another format.
    pub fn from_settings(settings: &Settings) -> RunResult<Self> {
        match settings.prices_file() {
            Some(file) => Self::bundled().with_file(file),
            None => Ok(Self::bundled()),
        }
    }
}

impl ModelsBuilder {
    /// Applies settings: providers, keys that are not set, and timeouts.
    #[must_use]
    pub fn settings(mut self, settings: &Settings) -> Self {
        let times = &mut self.times;
        times.connect = settings.connect_timeout().unwrap_or(times.connect);
        times.answer = settings.answer_timeout().unwrap_or(times.answer);
        times.silence = settings.silence_timeout().unwrap_or(times.silence);
        for provider in settings.providers() {
            self = self.described(&provider, settings);
        }
        self.keys_from(|variable| settings.secret(variable).map(|secret| secret.expose().clone()))
    }

    fn described(mut self, provider: &ProviderSettings, settings: &Settings) -> Self {
        let name = &provider.name;
        if !self.known.contains_key(name) {
            let Some(url) = &provider.url else {
                self.problems.push(format!("the provider `{name}` of the settings has no `url`"));
                return self;
            };
            self = self.provider(name.clone(), Compatible::at(url));
        }
        if let Some(url) = &provider.url {
            self = self.base_url(name, url);
        }
        if let Some(wire) = provider.wire.as_deref().and_then(Wire::of_word) {
            self = self.change(name, |known| known.wire = wire);
        }
        let Some(variable) = &provider.key_variable else { return self };
        match settings.secret(variable) {
            Some(key) => self.key(name, key.expose().as_str()),
            None => self.change(name, |known| known.variable = Some(variable.clone().into())),
        }
    }
}
