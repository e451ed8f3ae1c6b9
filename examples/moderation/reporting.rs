//! A client of models that reports each answer, call by call.

use crate::pipeline::Label;
use async_trait::async_trait;
use flujo::model::{ChunkSink, ModelCheckError, ModelClient, ModelError, ModelReply, ModelRequest, Permit};
use std::sync::mpsc::Sender;

/// A client whose answers go to the report.
pub struct Reporting<C> {
    client: C,
    /// What the report calls it.
    who: String,
    report: Sender<String>,
}

impl<C> Reporting<C> {
    pub fn new(client: C, who: impl Into<String>, report: Sender<String>) -> Self {
        Self { client, who: who.into(), report }
    }
}

#[async_trait]
impl<C: ModelClient> ModelClient for Reporting<C> {
    async fn call(
        &self,
        request: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> Result<ModelReply, ModelError> {
        let reply = self.client.call(request, chunks).await;
        let said = match &reply {
            Err(error) => error.to_string(),
            Ok(reply) => match serde_json::from_str(&reply.content) {
                Ok(Label { tone, confidence, .. }) => format!("{tone}, {confidence:.2} sure"),
                Err(_) => "something that is no label".to_owned(),
            },
        };
        // Without a reader of the report the answer is no other one.
        let _ = self.report.send(format!("{} answered: {said}", self.who));
        reply
    }
    async fn admit(&self, request: &ModelRequest) -> Permit {
        self.client.admit(request).await
    }
    fn check(&self, request: &ModelRequest) -> Result<(), ModelCheckError> {
        self.client.check(request)
    }
    fn knows(&self, provider: &str) -> Result<(), ModelCheckError> {
        self.client.knows(provider)
    }
    fn server(&self, model: &str) -> Option<(String, u16)> {
        self.client.server(model)
    }
    fn extra_tokens(&self, request: &ModelRequest) -> u64 {
        self.client.extra_tokens(request)
    }
}
