//! A Restate service whose name is known at run time: that of a pipeline.
//!
//! The SDK makes services of types, and takes their names from attributes. What its macros expand to is public, and hidden
//! from its documentation; this file alone uses it, so the version of the SDK is pinned.

use restate_sdk::discovery;
use restate_sdk::endpoint::{ContextInternal, Endpoint, ServiceOptions};
use restate_sdk::service::macro_support::{ServiceBoxFuture, service_definition};
use restate_sdk::service::{IntoServiceDefinition, Service, ServiceDefinition};
use std::sync::Arc;

/// Handles one invocation, whichever handler it is of.
pub(crate) type Dispatch = Arc<dyn Fn(ContextInternal) -> ServiceBoxFuture + Send + Sync>;

#[derive(Clone)]
struct Dispatcher(Dispatch);

impl Service for Dispatcher {
    type Future = ServiceBoxFuture;
    fn handle(&self, cx: ContextInternal) -> Self::Future {
        (self.0)(cx)
    }
}

/// A service with a name.
pub(crate) struct NamedService {
    discovered: discovery::Service,
    dispatch: Dispatch,
}

impl NamedService {
    /// `kind` and those of the handlers are words of Restate's discovery protocol.
    ///
    /// # Errors
    /// The name is none that Restate takes.
    pub(crate) fn new(
        name: &str,
        kind: &str,
        handlers: &[(&str, &str)],
        dispatch: Dispatch,
    ) -> Result<Self, serde_json::Error> {
        let handlers: Vec<_> =
            handlers.iter().map(|(name, kind)| serde_json::json!({ "name": name, "ty": kind })).collect();
        let service = serde_json::json!({ "name": name, "ty": kind, "handlers": handlers });
        Ok(Self { discovered: serde_json::from_value(service)?, dispatch })
    }
}

impl IntoServiceDefinition for NamedService {
    fn into_service_definition(self) -> ServiceDefinition {
        service_definition(Dispatcher(self.dispatch), self.discovered)
    }
}

/// An endpoint with these services.
pub(crate) fn endpoint(services: Vec<(NamedService, ServiceOptions)>) -> Endpoint {
    let mut builder = Endpoint::builder();
    for (service, options) in services {
        builder = builder.bind(service.into_service_definition().options(options));
    }
    builder.build()
}
