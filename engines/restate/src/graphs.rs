//! The graphs of pipelines: each is stored once, for all runs that began with its build.

use crate::client::Client;
use crate::error::RestateError;
use crate::service::{Dispatch, NamedService};
use crate::wire::{GET, GRAPH, GRAPHS, PUT};
use flujo::engine::{RunGraph, RunRecord, StoredGraph};
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::HandlerResult;
use restate_sdk::serde::Json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The graphs that this process has stored or read.
#[derive(Clone, Default)]
pub(crate) struct Graphs(Arc<Mutex<HashMap<String, Arc<StoredGraph>>>>);

impl Graphs {
    fn known(&self, key: &str) -> Option<Arc<StoredGraph>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, key: &str, graph: &Arc<StoredGraph>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key.to_owned(), Arc::clone(graph));
    }

    /// Stores the graph of a run, unless it is there. Returns its key.
    pub(crate) async fn store(&self, client: &Client, run: &RunRecord) -> Result<String, RestateError> {
        let key = format!("{}/{:032x}.{:032x}", run.pipeline, run.fingerprint, run.graph.types());
        if self.known(&key).is_none() {
            let graph = run.graph.stored();
            let stored = client.call::<()>((GRAPHS, &key, PUT), &*graph).await;
            stored.map_err(|error| error.of_pipeline(&client.ingress, &run.pipeline))?;
            self.keep(&key, &graph);
        }
        Ok(key)
    }

    /// Gives a run that was read its graph.
    pub(crate) async fn complete(
        &self,
        client: &Client,
        key: &str,
        mut run: Arc<RunRecord>,
    ) -> Result<Arc<RunRecord>, RestateError> {
        let graph = if let Some(graph) = self.known(key) {
            graph
        } else {
            let graph: Arc<StoredGraph> = client.call((GRAPHS, key, GET), &()).await?;
            self.keep(key, &graph);
            graph
        };
        Arc::make_mut(&mut run).graph = RunGraph::Stored(graph);
        Ok(run)
    }
}

/// The run without its graph.
pub(crate) fn without_graph(run: &RunRecord) -> RunRecord {
    let nothing = StoredGraph {
        name: run.pipeline.clone(),
        inputs: Vec::new(),
        output: String::new(),
        context: String::new(),
        nodes: Vec::new(),
    };
    RunRecord { graph: RunGraph::Stored(Arc::new(nothing)), ..run.clone() }
}

/// The service that keeps graphs: an object for each.
pub(crate) fn service() -> Result<NamedService, serde_json::Error> {
    let dispatch: Dispatch = Arc::new(|cx| {
        Box::pin(async move {
            if cx.handler_name() == PUT {
                let (Json(graph), _) = cx.input::<Json<StoredGraph>>().await;
                cx.set(GRAPH, Json(graph));
                cx.handle_handler_result(Ok(Json(())));
            } else {
                let (Json(()), _) = cx.input::<Json<()>>().await;
                let done = get(&cx).await;
                cx.handle_handler_result(done);
            }
            cx.end();
            Ok(())
        })
    });
    NamedService::new(GRAPHS, "VIRTUAL_OBJECT", &[(PUT, "EXCLUSIVE"), (GET, "SHARED")], dispatch)
}

async fn get(cx: &ContextInternal) -> HandlerResult<Json<Option<StoredGraph>>> {
    Ok(Json(cx.get::<Json<StoredGraph>>(GRAPH).await?.map(|Json(graph)| graph)))
}
