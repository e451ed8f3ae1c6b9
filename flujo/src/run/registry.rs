//! Type-erased pipelines: the interface through which the runtime, compiled once, handles every pipeline.

use super::described::default_context;
use super::undecodable::Undecodable;
use crate::codec::{CodecError, Json};
use crate::context::Context;
use crate::durable::{Inputs, Recorded};
use crate::engine::Handle;
use crate::error::{Error, ErrorKind, RunResult};
use crate::exec::RunEnv;
use crate::exec::{Cx, Pipeline};
use crate::future::{BoxFuture, boxed};
use crate::graph::{Bounds, Graph, reads_run};
use crate::path::{NodeId, Path};
use crate::step::StepResult;
use crate::step::{RunIn, Step, StepCall};
use std::marker::PhantomData;
use std::sync::Arc;

/// The constants of a pipeline.
pub(super) struct PipelineInfo {
    /// The durable name.
    pub(super) name: &'static str,
    pub(super) graph: &'static Graph,
    pub(super) fingerprint: u128,
    pub(super) bounds: Bounds,
    /// True if the pipeline may ask a question.
    pub(super) asks: bool,
    /// True if code in the pipeline may read the run, and so its input.
    pub(super) reads_run: bool,
}

impl PipelineInfo {
    pub(super) const fn of<P: Pipeline>() -> &'static Self {
        const {
            &Self {
                name: P::FACTS.name,
                graph: P::GRAPH,
                fingerprint: P::FINGERPRINT,
                bounds: P::FACTS.bounds,
                asks: !matches!(P::FACTS.bounds.questions, Some(0)),
                reads_run: reads_run(P::GRAPH),
            }
        }
    }

    pub(super) fn path(&self) -> Path {
        Path::from(self.name)
    }

    /// The error for a value of this pipeline that cannot be encoded.
    #[cold]
    pub(super) fn codec(&self, error: CodecError) -> Error {
        Error::new(ErrorKind::Codec(error)).at(self.path())
    }
}

/// A pipeline together with its resources.
pub(super) trait AnyPipeline: Send + Sync {
    fn info(&self) -> &'static PipelineInfo;

    /// Decodes an input and a context.
    fn begin(&self, input: &Json, context: &Json) -> Result<Box<dyn Execution>, Undecodable>;

    /// Creates a place to decode the values of a result that the caller does not need.
    fn values(&self) -> Box<dyn Recall>;
}

/// Decodes the recorded values of a result into their types, and stores them.
pub(super) trait Recall: Send {
    fn recall_context(&mut self, context: &Json) -> Result<(), CodecError>;
    fn recall_output(&mut self, output: &Json) -> Result<(), CodecError>;
}

/// One execution of a pipeline's body, from decoded values.
pub(super) trait Execution: Recall {
    /// Drives the body, once, and stores its output. Without a handle nothing is recorded, and the results of its
    /// steps are collected.
    fn run<'e>(
        &'e mut self,
        retries: Option<u32>,
        env: Arc<RunEnv>,
        handle: Option<&'e mut (dyn Handle + 'static)>,
    ) -> BoxFuture<'e, RunResult<()>>;

    /// The pipeline.
    fn pipeline(&self) -> Arc<dyn AnyPipeline>;

    /// The encoded input, available until `run` is called.
    fn input(&self) -> Result<Json, CodecError>;

    /// The encoded context in its current state.
    fn context(&self) -> Result<Json, CodecError>;

    /// The encoded output, available once the body has succeeded.
    fn output(&self) -> Result<Json, CodecError>;

    /// The results of the steps outside of arms.
    fn steps(&mut self) -> &mut Vec<StepResult>;
}

/// Decodes an input and a context, and encodes them again: checked against their types, in canonical form.
pub(super) fn checked(
    pipeline: &dyn AnyPipeline,
    input: &Json,
    context: Option<&Json>,
) -> RunResult<(Json, Json)> {
    let info = pipeline.info();
    let default = context.is_none().then(|| default_context(info.graph)).flatten();
    let Some(context) = context.or(default.as_ref()) else {
        let what = format!(
            "the context `{}` has no default: give the run one, with `.context(..)` or `--context`",
            info.graph.context
        );
        return Err(Error::new(ErrorKind::Input(what)).at(info.path()));
    };
    let decoded = pipeline.begin(input, context).map_err(|e| e.given(input, context, info))?;
    let codec = |e| info.codec(e);
    Ok((decoded.input().map_err(codec)?, decoded.context().map_err(codec)?))
}

/// The typed half of [`AnyPipeline`]: decoding, driving and encoding, all that is compiled for each pipeline.
pub(super) struct TypedPipeline<P, R> {
    resources: Arc<R>,
    pipeline: PhantomData<fn() -> P>,
}

impl<P, R> TypedPipeline<P, R>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    pub(super) fn shared(resources: &Arc<R>) -> Arc<dyn AnyPipeline> {
        Arc::new(Self { resources: Arc::clone(resources), pipeline: PhantomData })
    }
}

impl<P, R> AnyPipeline for TypedPipeline<P, R>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    fn info(&self) -> &'static PipelineInfo {
        PipelineInfo::of::<P>()
    }

    fn begin(&self, input: &Json, context: &Json) -> Result<Box<dyn Execution>, Undecodable> {
        let input = match P::Input::recall(input) {
            Ok(input) => input,
            Err(error) => return Err(Undecodable::input(error)),
        };
        match context.decode() {
            Ok(context) => {
                Ok(Box::new(TypedExecution::<P, R>::new(StepCall::new(input), context, &self.resources)))
            }
            Err(error) => Err(Undecodable::context(error)),
        }
    }

    fn values(&self) -> Box<dyn Recall> {
        Box::new(Values::<P::Output, P::Context>::NONE)
    }
}

/// The values of a recorded result.
pub(super) struct Values<T, C> {
    pub(super) output: Option<T>,
    pub(super) context: Option<C>,
}

impl<T, C> Values<T, C> {
    pub(super) const NONE: Self = Self { output: None, context: None };
}

impl<T: Recorded, C: Context> Recall for Values<T, C> {
    fn recall_context(&mut self, context: &Json) -> Result<(), CodecError> {
        self.context = Some(context.decode()?);
        Ok(())
    }

    fn recall_output(&mut self, output: &Json) -> Result<(), CodecError> {
        self.output = Some(T::recall(output)?);
        Ok(())
    }
}

/// The typed half of [`Execution`]: all that is compiled for each pipeline.
pub(super) struct TypedExecution<P: Pipeline, R> {
    call: Option<StepCall<P>>,
    pub(super) context: P::Context,
    pub(super) output: Option<P::Output>,
    steps: Vec<StepResult>,
    resources: Arc<R>,
}

impl<P: Pipeline, R> TypedExecution<P, R> {
    pub(super) fn new(call: StepCall<P>, context: P::Context, resources: &Arc<R>) -> Self {
        Self { call: Some(call), context, output: None, steps: Vec::new(), resources: Arc::clone(resources) }
    }
}

impl<P: Pipeline, R: Send + Sync + 'static> Recall for TypedExecution<P, R> {
    fn recall_context(&mut self, context: &Json) -> Result<(), CodecError> {
        self.context = context.decode()?;
        Ok(())
    }

    fn recall_output(&mut self, output: &Json) -> Result<(), CodecError> {
        self.output = Some(P::Output::recall(output)?);
        Ok(())
    }
}

impl<P, R> Execution for TypedExecution<P, R>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    fn run<'e>(
        &'e mut self,
        retries: Option<u32>,
        env: Arc<RunEnv>,
        handle: Option<&'e mut (dyn Handle + 'static)>,
    ) -> BoxFuture<'e, RunResult<()>> {
        boxed!(async move {
            let Some(mut call) = self.call.take() else { return Err(Error::new(ErrorKind::Interrupted)) };
            if let Some(n) = retries {
                restart_up_to(&mut call, n);
            }
            let mut written = 0;
            let steps = if handle.is_some() { None } else { Some(&mut self.steps) };
            let mut cx = Cx::root(&mut self.context, &*self.resources, &env, handle, &mut written, steps);
            match P::exec(&mut cx, NodeId::new(P::FACTS.name), call).await {
                Ok(output) => {
                    self.output = Some(output);
                    Ok(())
                }
                Err(error) => Err(error),
            }
        })
    }

    fn pipeline(&self) -> Arc<dyn AnyPipeline> {
        TypedPipeline::<P, R>::shared(&self.resources)
    }

    fn input(&self) -> Result<Json, CodecError> {
        match &self.call {
            Some(call) => call.input.record(),
            None => Ok(Json::null()),
        }
    }

    fn context(&self) -> Result<Json, CodecError> {
        Json::encode(&self.context)
    }

    fn output(&self) -> Result<Json, CodecError> {
        match &self.output {
            Some(output) => output.record(),
            None => Ok(Json::null()),
        }
    }

    fn steps(&mut self) -> &mut Vec<StepResult> {
        &mut self.steps
    }
}

/// Sets the number of times a call restarts at the node that failed.
fn restart_up_to<P: Step>(call: &mut StepCall<P>, n: u32) {
    call.options.get_or_insert_with(Box::default).retries = Some(n);
}
