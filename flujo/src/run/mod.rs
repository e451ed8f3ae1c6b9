//! Running pipelines: the entry point [`Flujo`], its builder, runs and their results.

mod active_time;
mod assemble;
mod builder;
mod by_name;
mod control;
mod described;
mod flujo;
mod graph_overlay;
mod handle;
mod observers;
mod outcome;
mod partial_stream;
mod preflight;
mod prepare;
mod program;
mod programs;
mod recorded;
mod recover;
mod registry;
mod replay;
mod reply_fit;
mod requests;
mod resume;
mod running;
mod runtime;
mod start;
mod stream;
mod untyped;

pub use builder::{Builder, IntoEngine};
pub use control::Control;
pub use described::{PipelineDescription, ValueDescription};
pub use flujo::Flujo;
pub use handle::RunHandle;
pub use outcome::{Outcome, PipelineResult};
pub use partial_stream::PartialStream;
pub use programs::Programs;
pub use recover::{Recovered, Worker};
pub use replay::inputs::RunInputs;
pub use replay::reach::Replay;
pub use requests::{ForkRun, StartRun};
pub use resume::{ReplyValue, Resume};
pub use start::{ContextGiven, Given, Run, Unset};
pub use stream::{Partial, RunStream, Streamed};

pub use crate::events::{Command, Trace, TraceEntry};
pub use crate::step::{AnyStub, StepResult, Stub};
