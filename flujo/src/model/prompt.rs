use std::fmt;
use std::marker::PhantomData;

/// Who says something in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The rules.
    System,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who.
    pub role: Role,
    /// What.
    pub text: String,
}

/// What a model step asks for: a conversation whose answer is a `T`.
///
/// ```
/// # use flujo::prelude::*;
/// let prompt: Prompt<String> = Prompt::system("You are brief.").user("What is a semaphore?");
/// assert_eq!(prompt.messages().len(), 2);
/// ```
pub struct Prompt<T> {
    messages: Vec<Message>,
    answer: PhantomData<fn() -> T>,
}

impl<T> Prompt<T> {
    fn start(role: Role, text: impl Into<String>) -> Self {
        Self { messages: Vec::new(), answer: PhantomData }.turn(role, text)
    }

    fn turn(mut self, role: Role, text: impl Into<String>) -> Self {
        self.messages.push(Message { role, text: text.into() });
        self
    }

    /// Begins with the rules.
    pub fn system(text: impl Into<String>) -> Self {
        Self::start(Role::System, text)
    }

    /// Begins with the question itself.
    pub fn ask(text: impl Into<String>) -> Self {
        Self::start(Role::User, text)
    }

    /// Adds what the user says.
    #[must_use]
    pub fn user(self, text: impl Into<String>) -> Self {
        self.turn(Role::User, text)
    }

    /// Adds what the model said before, for instance as an example.
    #[must_use]
    pub fn assistant(self, text: impl Into<String>) -> Self {
        self.turn(Role::Assistant, text)
    }

    /// The turns so far.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    pub(super) fn into_messages(self) -> Vec<Message> {
        self.messages
    }
}

impl<T> Clone for Prompt<T> {
    fn clone(&self) -> Self {
        Self { messages: self.messages.clone(), answer: PhantomData }
    }
}
impl<T> fmt::Debug for Prompt<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt").field("messages", &self.messages).finish()
    }
}
