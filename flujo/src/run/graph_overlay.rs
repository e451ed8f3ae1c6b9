//! The overlay of a run on the graph of its pipeline.

use super::{Outcome, PipelineResult};
use crate::error::ErrorKind;
use crate::graph::{Drawing, Graph, Mark, RunOverlay, Standing};
use crate::usage::Usage;
use std::time::Duration;

impl Graph {
    /// Adds the overlay of a run: times, cost and attempts of the nodes, and the path that the run took. Rounds and
    /// items of one node are summed up.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # #[step]
    /// # async fn greet(name: String) -> Result<String> { Ok(name) }
    /// # pipeline! {
    /// #     fn welcome(name: String) -> String { greet(name) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// let result = Flujo::builder().build()?.run(welcome("Ada".to_string())).await;
    /// println!("{}", welcome::GRAPH.with_run(&result).mermaid());
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_run<T, C>(&self, result: &PipelineResult<T, C>) -> Drawing<'_> {
        Drawing { graph: self, overlay: RunOverlay::of(self, result) }
    }
}

impl RunOverlay {
    fn of<T, C>(graph: &Graph, result: &PipelineResult<T, C>) -> Self {
        let done = matches!(result.outcome, Outcome::Done(_));
        let mut overlay = Self::default();
        overlay.done = done;
        if let Outcome::Failed(error) = &result.outcome
            && let (ErrorKind::Failed(_), Some(path)) = (error.kind(), error.path())
        {
            overlay.failed = Some(path.to_string());
        }
        for step in &result.steps {
            let standing = if step.is_done() { Standing::Done } else { Standing::Failed };
            let runs = u32::from(!step.is_fallback());
            let mark = Mark {
                standing,
                runs,
                attempts: step.attempts(),
                latency: step.latency(),
                usage: step.usage(),
            };
            overlay.add(graph, step.path().as_str(), mark);
        }
        for answered in &result.hitl_history {
            let latency = answered.reply.at.since(answered.question.asked);
            let usage = Usage::default();
            let mark = Mark { standing: Standing::Done, runs: 1, attempts: 1, latency, usage };
            overlay.add(graph, answered.question.path.as_str(), mark);
        }
        for question in result.questions() {
            let (latency, usage) = (Duration::ZERO, Usage::default());
            let mark = Mark { standing: Standing::Waiting, runs: 1, attempts: 1, latency, usage };
            overlay.add(graph, question.path.as_str(), mark);
        }
        overlay
    }
}
