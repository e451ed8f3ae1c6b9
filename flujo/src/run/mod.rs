//! Running pipelines: the engine's front, runs, results.

mod affordable;
mod alone;
mod answerable;
mod builder;
mod control;
mod env;
mod flujo;
mod handle;
mod in_time;
mod outcome;
mod program;
mod recover;
mod rehearsal;
mod result;
mod resume;
mod start;
mod stream;
mod stub;
mod trace;
mod watch;
mod what_if;

pub(crate) use alone::alone;
pub use builder::{Builder, IntoEngine};
pub use control::Control;
pub(crate) use env::RunEnv;
pub use flujo::Flujo;
pub use handle::RunHandle;
pub use outcome::{Outcome, PipelineResult};
pub use recover::{Recovered, Worker};
pub use result::StepResult;
pub(crate) use result::Tally;
pub use resume::{ReplyValue, Resume};
pub use start::{ContextGiven, Given, Run, Unset};
pub use stream::{RunStream, Streamed};
pub use stub::{AnyStub, Stub};
pub use trace::{Command, Trace, TraceEntry};
