use super::Cursor;
use crate::data::{
    ActionBody, DroppedBody, QuestionBody, RecordBody, ReplyBody, RunBody, StateBody, TextBody,
};
use flujo::engine::{RunState, RunView};
use flujo::question::Question;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::json;
use std::fmt::Display;

/// The names of events, with what they say; the OpenAPI document lists them.
pub(crate) const EVENT_NAMES: [(&str, &str); 13] = [
    ("record", "An attempt has ended: `Record`."),
    ("question", "A question was asked: `Question`."),
    ("reply", "A question was answered: `Reply`."),
    ("action", "Somebody did something to the run: `Action`."),
    ("state", "The state of the run, after everything before it: `State`."),
    (
        "reset",
        "The place is not one of this run, which has the id of a run that was deleted: the stream begins anew.",
    ),
    ("gone", "The run was deleted; the stream ends."),
    ("began", "The body of an attempt begins; not recorded: `Text`."),
    ("chunk", "A piece of an answer; not recorded: `Text`."),
    ("reasoning", "A piece of a model's reasoning; not recorded: `Text`."),
    ("dropped", "The viewer was too slow, and so many events that are not recorded were dropped: `Dropped`."),
    ("run", "A run changed, in the stream of all runs: `Run`."),
    ("ready", "The stream of all runs begins behind this place."),
];

/// The schema of the events of a stream, by their names.
pub(crate) fn event_schema(schemas: &mut SchemaGenerator) -> Schema {
    let data = [
        ("record", schemas.subschema_for::<RecordBody>()),
        ("question", schemas.subschema_for::<QuestionBody>()),
        ("reply", schemas.subschema_for::<ReplyBody>()),
        ("action", schemas.subschema_for::<ActionBody>()),
        ("state", schemas.subschema_for::<StateBody>()),
        ("began", schemas.subschema_for::<TextBody>()),
        ("chunk", schemas.subschema_for::<TextBody>()),
        ("reasoning", schemas.subschema_for::<TextBody>()),
        ("dropped", schemas.subschema_for::<DroppedBody>()),
        ("run", schemas.subschema_for::<RunBody>()),
        ("reset", json_schema!({ "type": "null" })),
        ("gone", json_schema!({ "type": "null" })),
        ("ready", json_schema!({ "type": "null" })),
    ];
    let event = |(name, schema): (&str, Schema)| {
        json!({
            "type": "object",
            "required": ["event", "data"],
            "properties": {
                "event": { "const": name },
                "id": { "type": "string" },
                "data": { "type": "string", "contentMediaType": "application/json", "contentSchema": schema },
            },
        })
    };
    json_schema!({ "oneOf": data.map(event) })
}

/// One event of a stream, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StreamEvent {
    pub(crate) name: &'static str,
    pub(crate) id: Option<String>,
    pub(crate) data: String,
}

impl StreamEvent {
    /// An event that moves the viewer to a place.
    pub(super) fn at(name: &'static str, place: impl Display, data: &impl Serialize) -> Self {
        Self { id: Some(place.to_string()), ..Self::passing(name, data) }
    }

    /// An event that is not recorded.
    pub(super) fn passing(name: &'static str, data: &impl Serialize) -> Self {
        // What is sent has text keys and no numbers that JSON does not hold.
        let data = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
        // Line breaks between the words of JSON are spaces; those in texts are escaped.
        Self { name, id: None, data: data.replace(['\r', '\n'], " ") }
    }

    /// The next event behind a place, which moves on; `None` at the end of what is recorded.
    pub(super) fn next(cursor: &mut Cursor, view: &RunView) -> Option<Self> {
        if let Some(record) = view.records.get(cursor.records) {
            cursor.records += 1;
            return Some(Self::at("record", *cursor, &RecordBody::of(record)));
        }
        if cursor.asked < view.questions.len() + view.answered.len() {
            let question = asked(view).get(cursor.asked).copied()?;
            cursor.asked += 1;
            return Some(Self::at("question", *cursor, &QuestionBody::of(question)));
        }
        if let Some(answered) = view.answered.get(cursor.answered) {
            cursor.answered += 1;
            return Some(Self::at("reply", *cursor, &ReplyBody::of(answered)));
        }
        if let Some(action) = view.acted.get(cursor.acted) {
            cursor.acted += 1;
            return Some(Self::at("action", *cursor, &ActionBody::of(action)));
        }
        let state = RunState::from(&view.status);
        if cursor.state == Some(state) {
            return None;
        }
        cursor.state = Some(state);
        Some(Self::at("state", *cursor, &StateBody::of(view)))
    }
}

/// All questions of a run, in the order in which they were asked. Of several that were asked in one nanosecond, the
/// answered ones come first.
pub(super) fn asked(view: &RunView) -> Vec<&Question> {
    let answered = view.answered.iter().map(|answered| &answered.question);
    let mut all: Vec<_> = answered.chain(&view.questions).collect();
    all.sort_by_key(|question| question.asked);
    all
}
