//! Questions in documents.

use super::raw::{Raw, time};
use flujo::engine::PendingQuestion;
use flujo::question::{Answered, Question};
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct QuestionDoc<'a> {
    path: &'a str,
    message: &'a str,
    shown: Option<Raw<'a>>,
    /// The JSON Schema of the reply.
    schema: Raw<'a>,
    asked: String,
    deadline: Option<String>,
    /// The reply that is taken at the deadline.
    default: Option<Raw<'a>>,
}

impl<'a> QuestionDoc<'a> {
    pub(crate) fn of(question: &'a Question) -> Self {
        Self {
            path: question.path.as_str(),
            message: &question.message,
            shown: question.shown.as_ref().map(Raw),
            schema: Raw(&question.schema),
            asked: time(question.asked),
            deadline: question.deadline.map(time),
            default: question.default.as_ref().map(Raw),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct PendingDoc<'a> {
    run: &'a str,
    pipeline: &'a str,
    question: QuestionDoc<'a>,
}

impl<'a> PendingDoc<'a> {
    pub(crate) fn of(pending: &'a PendingQuestion) -> Self {
        let question = QuestionDoc::of(&pending.question);
        Self { run: pending.run.as_str(), pipeline: &pending.pipeline, question }
    }
}

#[derive(Serialize)]
pub(crate) struct QuestionsAnswer<'a> {
    pub(crate) questions: Vec<PendingDoc<'a>>,
}

#[derive(Serialize)]
pub(crate) struct AnsweredDoc<'a> {
    question: QuestionDoc<'a>,
    reply: Raw<'a>,
    at: String,
    by: Option<&'a str>,
}

impl<'a> AnsweredDoc<'a> {
    pub(crate) fn of(answered: &'a Answered) -> Self {
        let reply = &answered.reply;
        Self {
            question: QuestionDoc::of(&answered.question),
            reply: Raw(&reply.value),
            at: time(reply.at),
            by: reply.by.as_deref(),
        }
    }
}
