//! The configuration of the providers of a client.

use crate::address::Address;
use crate::{Capabilities, Wire};
use secrecy::SecretString;
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// A provider as it is configured.
pub(crate) struct ProviderConfig {
    pub(crate) name: String,
    pub(crate) wire: Wire,
    pub(crate) url: Address,
    /// The environment variable of its key.
    pub(crate) variable: Option<Cow<'static, str>>,
    pub(crate) key: Option<SecretString>,
    pub(crate) can: Capabilities,
    /// True if a stream may end without an end marker.
    pub(crate) unmarked_end: bool,
}

impl fmt::Debug for ProviderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("url", &self.url)
            .field("has_key", &self.key.is_some())
            .finish_non_exhaustive()
    }
}

/// The timeouts of every call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) answer: Duration,
    pub(crate) silence: Duration,
}

impl Timeouts {
    pub(crate) const DEFAULT: Self = Self {
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(600),
        silence: Duration::from_secs(120),
    };
}
