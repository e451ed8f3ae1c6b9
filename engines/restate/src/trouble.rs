//! Runs that cannot go on although their server and their workers are there: this does not end by itself.

use crate::client::Client;
use crate::error::RestateError;
use crate::journal::quoted;
use crate::wire::{ARMS, is_of_arms};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// So often who waits for a run looks whether something is wrong with it.
pub(crate) const LOOK: Duration = Duration::from_secs(5);

/// An answer that is so old is still good: all callers of a process share one.
const FRESH: Duration = Duration::from_secs(2);

/// An invocation that was refused so often, and is not tried at the moment, is not about to go on.
const REFUSED: u32 = 3;

/// So many are looked at.
const AT_ONCE: usize = 1_000;

/// The invocations that do not go on, as the server knows them.
#[derive(Clone, Default)]
pub(crate) struct Troubles(Arc<Mutex<Option<Seen>>>);

/// What the server answered, and when.
struct Seen {
    at: Instant,
    troubles: Arc<[Trouble]>,
}

/// An invocation that does not go on.
struct Trouble {
    pipeline: String,
    key: String,
    why: String,
}

/// A row of the table of the invocations that the server is busy with.
#[derive(Deserialize)]
struct Failing {
    id: String,
    last_failure: String,
    last_failure_error_code: Option<String>,
    endpoint: Option<String>,
}

#[derive(Deserialize)]
struct Target {
    id: String,
    #[serde(rename = "target_service_name")]
    pipeline: String,
    #[serde(rename = "target_service_key")]
    key: Option<String>,
}

impl Troubles {
    /// Returns what keeps an execution, or an arm of it, from going on.
    pub(crate) async fn of(
        &self,
        client: &Client,
        pipeline: &str,
        root: &str,
    ) -> Result<Option<String>, RestateError> {
        let mut found = self.0.lock().await;
        let troubles = match &*found {
            Some(Seen { at, troubles }) if at.elapsed() < FRESH => Arc::clone(troubles),
            _ => {
                let troubles: Arc<[Trouble]> = look(client).await?.into();
                *found = Some(Seen { at: Instant::now(), troubles: Arc::clone(&troubles) });
                troubles
            }
        };
        drop(found);
        let is_of = |key: &str| {
            key.strip_prefix(root).is_some_and(|inside| inside.is_empty() || inside.starts_with('/'))
        };
        let trouble = troubles.iter().find(|trouble| {
            is_of(&trouble.key) && (trouble.pipeline == pipeline || is_of_arms(&trouble.pipeline, pipeline))
        });
        Ok(trouble.map(|trouble| trouble.why.clone()))
    }
}

/// The server has what it is busy with in memory, and finds the rest by ids.
async fn look(client: &Client) -> Result<Vec<Trouble>, RestateError> {
    let sql = format!(
        "SELECT s.id, s.last_failure, s.last_failure_error_code, d.endpoint FROM sys_invocation_state s \
         LEFT JOIN sys_deployment d ON d.id = s.last_attempt_deployment_id \
         WHERE NOT s.in_flight AND s.retry_count >= {REFUSED} AND s.last_failure IS NOT NULL LIMIT {AT_ONCE}"
    );
    let failing = client.query::<Failing>(&sql).await?;
    let mut failing: HashMap<_, _> = failing.into_iter().map(|row| (row.id.clone(), row)).collect();
    if failing.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = failing.keys().map(|id| quoted(id)).collect();
    let sql = format!(
        "SELECT id, target_service_name, target_service_key FROM sys_invocation WHERE id IN ({})",
        ids.join(", ")
    );
    let targets = client.query::<Target>(&sql).await?;
    let trouble = |target: Target| {
        let failing = failing.remove(&target.id)?;
        let why = why(&failing, &target.pipeline)?;
        Some(Trouble { pipeline: target.pipeline, key: target.key?, why })
    };
    let mut troubles: Vec<_> = targets.into_iter().filter_map(trouble).collect();
    // That of a run comes before those of its arms.
    troubles.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(troubles)
}

/// What is wrong, if it does not end by itself, and what to do.
fn why(failing: &Failing, pipeline: &str) -> Option<String> {
    let address = failing.endpoint.as_deref().unwrap_or("its address").trim_end_matches('/');
    let said = failing.last_failure.as_str();
    match failing.last_failure_error_code.as_deref() {
        Some("RT0016") => {
            Some(format!("its journal does not fit the code at {address}: {}", another_build()))
        }
        // The service of the arms of a build is there wherever that build is.
        Some("RT0012") if said.contains("404") && pipeline.contains(ARMS) => {
            Some(format!("the code at {address} does not have its arms: {}", another_build()))
        }
        Some("RT0012") if said.contains("404") => Some(format!(
            "the worker at {address} does not have the pipeline `{pipeline}`. Start one there that has it, and the run goes \
             on; nothing of it is lost"
        )),
        // A worker that sends what is larger than what it thinks the limit is.
        _ if said.contains("message size limit") => Some(format!(
            "the server refuses what the worker at {address} sends, which is larger than its limit ({said}): keep large values \
             elsewhere and pass references to them, or set `Restate::value_limit` to less than the `message-size-limit` of \
             the server"
        )),
        _ => None,
    }
}

fn another_build() -> &'static str {
    "the worker there is of another build than the one that began the run. Start the old build there again, and the run goes \
     on; nothing of it is lost. Give the new build an address of its own"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(code: &str, said: &str) -> Option<String> {
        let failing = Failing {
            id: "inv_1".to_owned(),
            last_failure: said.to_owned(),
            last_failure_error_code: Some(code.to_owned()),
            endpoint: Some("http://worker-1:9080/".to_owned()),
        };
        why(&failing, "shop.refund")
    }

    #[test]
    fn what_ends_by_itself_is_no_trouble() {
        let missing = reason("RT0012", "[500 Internal] unexpected http status code: 404 Not Found");
        let expected = "the worker at http://worker-1:9080 does not have the pipeline `shop.refund`. Start one there that has \
                        it, and the run goes on; nothing of it is lost";
        assert_eq!(missing.as_deref(), Some(expected));
        assert!(reason("RT0016", "[570 Journal mismatch] Found a mismatch").is_some());
        // A balancer whose workers are all away, and a worker that is.
        assert_eq!(
            reason("RT0012", "[500 Internal] unexpected http status code: 503 Service Unavailable"),
            None
        );
        assert_eq!(reason("RT0010", "[500 Internal] client error (Connect)"), None);
    }
}
