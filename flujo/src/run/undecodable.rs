//! An input or a context that does not decode into its type, and what is said of it.

use super::registry::PipelineInfo;
use super::reply_fit::shortened;
use crate::codec::{AnswerSchema, CodecError, Json};
use crate::error::{Error, ErrorKind, Signal};
use crate::model::mismatch;
use serde_json::Value;

/// The most characters of a reason, which may quote the value.
const LONGEST_REASON: usize = 400;

/// An input or a context of a run that does not decode into its type.
pub(super) struct Undecodable {
    what: What,
    error: CodecError,
}

#[derive(Clone, Copy)]
enum What {
    Input,
    Context,
}

impl What {
    const fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Context => "context",
        }
    }
}

impl Undecodable {
    pub(super) const fn input(error: CodecError) -> Self {
        Self { what: What::Input, error }
    }

    pub(super) const fn context(error: CodecError) -> Self {
        Self { what: What::Context, error }
    }

    /// The error for values from a caller.
    #[cold]
    pub(super) fn given(self, input: &Json, context: &Json, info: &PipelineInfo) -> Error {
        let why = match self.what {
            What::Input => self.of_inputs(input, info),
            What::Context => {
                let in_schema = || of_schema(info.graph.schemas.context?, &context.decode().ok()?);
                in_schema().unwrap_or_else(|| self.error.to_string())
            }
        };
        let why = shortened(&why, LONGEST_REASON);
        let what = format!("this {} does not fit the pipeline: {why}", self.what.word());
        Error::new(ErrorKind::Input(what)).at(info.path())
    }

    /// The error for recorded values.
    #[cold]
    pub(super) fn recorded(self, info: &PipelineInfo) -> Error {
        let Self { what, error } = self;
        let what = format!("the recorded {} of the run cannot be decoded: {error}", what.word());
        Signal::mismatch(info.path(), what).into()
    }

    /// Says which inputs there are and how many were given, or which of them does not fit.
    fn of_inputs(&self, input: &Json, info: &PipelineInfo) -> String {
        let inputs = info.graph.inputs;
        let each: Vec<_> = inputs.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        let of_them = match each.as_slice() {
            [] => "no inputs: give `[]`".to_owned(),
            [one] => format!("one input: `[{one}]`"),
            many => format!("{} inputs: `[{}]`", many.len(), many.join(", ")),
        };
        let Ok(given) = input.decode::<Vec<Value>>() else {
            return format!("it is no list, and the pipeline takes {of_them}");
        };
        if given.len() != each.len() {
            return format!("it is a list of {}, and the pipeline takes {of_them}", given.len());
        }
        // The types decided, and the schemas say where a value differs; serde has no place for that.
        let schemas = info.graph.schemas.inputs;
        for ((value, name), schema) in given.iter().zip(&each).zip(schemas) {
            if let Some(why) = schema.and_then(|schema| of_schema(schema, value)) {
                return format!("in `{name}`, {why}");
            }
        }
        match each.as_slice() {
            [one] => format!("in `{one}`, {}", self.error),
            _ => self.error.to_string(),
        }
    }
}

fn of_schema(schema: AnswerSchema, value: &Value) -> Option<String> {
    mismatch(&schema().ok()?.decode().ok()?, value)
}
