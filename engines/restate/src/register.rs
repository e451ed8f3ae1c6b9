//! How a server learns of a worker.

use crate::engine::Restate;
use crate::error::RestateError;
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The metadata of a service that is the fingerprint of its pipeline.
pub(crate) const BUILD: &str = "flujo.build";

/// The oldest server whose interfaces are those that are used here.
const OLDEST: (u32, u32) = (1, 7);

#[derive(Deserialize)]
struct Version {
    version: String,
}

#[derive(Deserialize)]
struct Deployments {
    deployments: Vec<DeploymentEntry>,
}

#[derive(Deserialize)]
struct DeploymentEntry {
    id: String,
    uri: Option<String>,
}

#[derive(Deserialize)]
struct Deployment {
    services: Vec<Service>,
}

#[derive(Deserialize)]
struct Service {
    name: String,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    abort_timeout: Value,
    #[serde(default)]
    inactivity_timeout: Value,
}

impl Deployment {
    /// The timeouts of its services.
    fn timeouts(&self) -> BTreeMap<&str, (&Value, &Value)> {
        let services = self.services.iter();
        services.map(|of| (of.name.as_str(), (&of.abort_timeout, &of.inactivity_timeout))).collect()
    }

    /// The builds of its pipelines.
    fn builds(self) -> BTreeMap<String, String> {
        let build = |mut service: Service| Some((service.name, service.metadata.remove(BUILD)?));
        self.services.into_iter().filter_map(build).collect()
    }
}

impl Restate {
    /// Checks that a server is there, ready, and of a version that is supported.
    ///
    /// # Errors
    /// There is none, it is not ready yet, it is something else, or it is too old or too new.
    pub async fn health(&self) -> Result<(), RestateError> {
        self.client().health().await?;
        let Version { version } = self.client().admin(Method::GET, "/version", None).await?;
        let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
        let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (oldest, supported) = (format!("{}.{}", OLDEST.0, OLDEST.1), OLDEST.0);
        if (major, minor) < OLDEST {
            return Err(RestateError::setup(format!(
                "the Restate server has version {version}, which is too old: version {oldest} or a newer one is needed"
            )));
        }
        if major > supported {
            return Err(RestateError::setup(format!(
                "the Restate server has version {version}, which this version of flujo-restate does not know: use a server from \
                 version {oldest} on, below {}.0, or a newer flujo-restate",
                supported + 1
            )));
        }
        Ok(())
    }

    /// Tells the server that a worker [`serve`](crate::serve)s at `address`, such as `http://worker-1:9080`. Runs that begin
    /// later are given to it; runs that are under way stay with the build that began them. To do so once more changes
    /// nothing.
    ///
    /// # Errors
    /// There is no server; it cannot reach the address; or it knows another build at this address, whose runs would not fit
    /// this one: an address belongs to one build.
    pub async fn register(&self, address: &str) -> Result<(), RestateError> {
        self.health().await?;
        let look = json!({ "uri": address, "dry_run": true, "force": true });
        let served: Deployment = self.client().admin(Method::POST, "/deployments", Some(&look)).await?;
        let all: Deployments = self.client().admin(Method::GET, "/deployments", None).await?;
        let here = |known: &DeploymentEntry| {
            let uri = known.uri.as_deref().unwrap_or_default();
            uri.trim_end_matches('/') == address.trim_end_matches('/')
        };
        if let Some(known) = all.deployments.iter().find(|known| here(known)) {
            let path = format!("/deployments/{}", known.id);
            let before: Deployment = self.client().admin(Method::GET, &path, None).await?;
            let are_the_timeouts = before.timeouts() == served.timeouts();
            let (before, served) = (before.builds(), served.builds());
            if before == served && are_the_timeouts {
                return Ok(());
            }
            if before == served {
                let again = json!({ "uri": address, "force": true });
                return self
                    .client()
                    .admin::<Value>(Method::POST, "/deployments", Some(&again))
                    .await
                    .map(drop);
            }
            let differs = |(name, build): &(&String, &String)| served.get(*name) != Some(*build);
            let name =
                before.iter().find(differs).or_else(|| served.iter().next()).map(|(name, _)| name.as_str());
            return Err(RestateError::setup(format!(
                "the server knows another build at {address}, with another `{}`, and its runs would come here: give this \
                 build an address of its own, and end the old one when its runs have ended",
                name.unwrap_or_default()
            )));
        }
        let new = json!({ "uri": address });
        self.client().admin::<Value>(Method::POST, "/deployments", Some(&new)).await.map(drop)
    }
}
