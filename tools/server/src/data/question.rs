use crate::data::value::Value;
use crate::places::question_place;
use crate::time::Time;
use flujo::engine::PendingQuestion;
use flujo::question::{Answered, Question};
use schemars::JsonSchema;
use serde::Serialize;

/// A question to a person.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Question")]
pub(crate) struct QuestionBody {
    /// The node that asks.
    path: String,
    /// The message to the person.
    message: String,
    /// The value that the person is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<Value>,
    /// The JSON Schema that the reply must fit.
    schema: Value,
    /// The time when it was asked.
    asked: Time,
    /// The time when the default is taken instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<Time>,
    /// The default.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
}

impl QuestionBody {
    pub(crate) fn of(question: &Question) -> Self {
        Self {
            path: question.path.to_string(),
            message: question.message.clone(),
            shown: question.shown.clone().map(Value),
            schema: Value(question.schema.clone()),
            asked: Time(question.asked),
            deadline: question.deadline.map(Time),
            default: question.default.clone().map(Value),
        }
    }
}

/// The open questions of a run, in the order in which they were asked.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Questions")]
pub(crate) struct QuestionsBody {
    /// The questions.
    pub(crate) questions: Vec<QuestionBody>,
}

/// An open question of some run.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PendingQuestion")]
pub(crate) struct PendingBody {
    /// The run that asks.
    run: String,
    /// Its pipeline.
    pipeline: String,
    /// The question.
    question: QuestionBody,
}

impl PendingBody {
    fn of(pending: &PendingQuestion) -> Self {
        Self {
            run: pending.run.to_string(),
            pipeline: pending.pipeline.clone(),
            question: QuestionBody::of(&pending.question),
        }
    }
}

/// A page of the open questions of all runs, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Inbox")]
pub(crate) struct InboxBody {
    /// The questions.
    questions: Vec<PendingBody>,
    /// The value of `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl InboxBody {
    pub(crate) fn of(found: &[PendingQuestion], limit: usize) -> Self {
        let page = found.get(..limit).unwrap_or(found);
        let next =
            (found.len() > limit).then(|| page.last().map(|last| question_place(&last.place()))).flatten();
        Self { questions: page.iter().map(PendingBody::of).collect(), next }
    }
}

/// A reply to a question.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Reply")]
pub(crate) struct ReplyBody {
    /// The node that asked.
    path: String,
    /// The reply.
    value: Value,
    /// The name of the person who replied.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// The time of the reply.
    at: Time,
}

impl ReplyBody {
    pub(crate) fn of(answered: &Answered) -> Self {
        Self {
            path: answered.question.path.to_string(),
            value: Value(answered.reply.value.clone()),
            by: answered.reply.by.clone(),
            at: Time(answered.reply.at),
        }
    }
}

/// A question with its reply.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Answered")]
pub(crate) struct AnsweredBody {
    question: QuestionBody,
    reply: ReplyBody,
}

impl AnsweredBody {
    pub(crate) fn of(answered: &Answered) -> Self {
        Self { question: QuestionBody::of(&answered.question), reply: ReplyBody::of(answered) }
    }
}
