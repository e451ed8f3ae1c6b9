use crate::model::{Attachment, Content, Message, ModelError, ModelReply, Role};
use crate::redact::Redact;
use serde::{Deserialize, Serialize};

/// One call of a model as it is recorded on request: what was sent, and what came back, redacted.
///
/// A reply within a conversation with tools has the messages since the reply before it: the earlier ones are recorded
/// with that. Of an attached image or file, its type, name and size are kept, and not its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Exchange {
    /// The model, as `provider:model`.
    pub model: String,
    /// The messages that were sent.
    pub sent: Vec<Message>,
    /// The message that came back; `None` if the call failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Message>,
    /// The error of a call that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Exchange {
    /// Creates the record of a call.
    pub fn new(model: impl Into<String>, sent: Vec<Message>, ended: Result<Message, String>) -> Self {
        let (answer, error) = match ended {
            Ok(answer) => (Some(answer), None),
            Err(error) => (None, Some(error)),
        };
        Self { model: model.into(), sent, answer, error }
    }

    /// Records what is sent; `is_reply` says whether the call is one of a conversation with tools.
    pub(crate) fn sent(model: &str, sent: &[Message], is_reply: bool, redact: &Redact) -> Self {
        let is_answer = |message: &Message| message.role == Role::Assistant;
        let known = if is_reply { sent.iter().rposition(is_answer).map_or(0, |last| last + 1) } else { 0 };
        let sent = sent.iter().skip(known).map(|message| redacted(message.clone(), redact)).collect();
        Self { model: model.to_owned(), sent, answer: None, error: None }
    }

    /// Records what came back.
    pub(crate) fn ended(self, reply: &Result<ModelReply, ModelError>, redact: &Redact) -> Self {
        match reply {
            Ok(reply) => {
                let answer = Message::new(Role::Assistant, reply.content.clone()).calls(reply.calls.clone());
                Self { answer: Some(redacted(answer, redact)), ..self }
            }
            Err(error) => Self { error: Some(redact.apply(&error.to_string())), ..self },
        }
    }
}

fn redacted(mut message: Message, redact: &Redact) -> Message {
    message.text = redact.apply(&message.text);
    for call in message.calls.iter_mut().chain(message.answers.as_deref_mut()) {
        call.arguments = redact.apply(&call.arguments);
    }
    for attachment in &mut message.attachments {
        *attachment = without_content(attachment, redact);
    }
    message
}

fn without_content(attachment: &Attachment, redact: &Redact) -> Attachment {
    let shown = match &attachment.content {
        Content::Url(url) => redact.apply(url),
        Content::Base64(text) => format!("({} characters of base64)", text.len()),
    };
    let bare = Attachment::url(attachment.media_type.clone(), shown);
    match &attachment.name {
        Some(name) => bare.named(redact.apply(name)),
        None => bare,
    }
}
