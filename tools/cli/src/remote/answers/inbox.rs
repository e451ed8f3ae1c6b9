use super::values::{Time, Value};
use flujo::engine::PendingQuestion;
use flujo::question::Question;
use serde::Deserialize;

/// A page of open questions.
#[derive(Deserialize)]
pub(in crate::remote) struct InboxAnswer {
    questions: Vec<PendingAnswer>,
    pub(in crate::remote) next: Option<String>,
}

#[derive(Deserialize)]
struct PendingAnswer {
    run: String,
    pipeline: String,
    question: QuestionAnswer,
}

#[derive(Deserialize)]
struct QuestionAnswer {
    path: String,
    message: String,
    shown: Option<Value>,
    schema: Value,
    asked: Time,
    deadline: Option<Time>,
    default: Option<Value>,
}

impl InboxAnswer {
    pub(in crate::remote) fn pending(self) -> impl Iterator<Item = PendingQuestion> {
        self.questions.into_iter().map(|PendingAnswer { run, pipeline, question }| {
            let question = Question {
                path: question.path.as_str().into(),
                message: question.message,
                shown: question.shown.map(|shown| shown.0),
                schema: question.schema.0,
                asked: question.asked.0,
                deadline: question.deadline.map(|at| at.0),
                default: question.default.map(|default| default.0),
            };
            PendingQuestion::new(run.into(), pipeline, question)
        })
    }
}
