use async_trait::async_trait;
use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest};
use std::time::Duration;

/// A client that takes its time, so that there is something to watch: a real model is no faster.
pub struct Slow<C>(pub C);

#[async_trait]
impl<C: ModelClient> ModelClient for Slow<C> {
    async fn call(
        &self,
        request: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> Result<ModelReply, ModelError> {
        let words: usize =
            request.messages.iter().map(|message| message.text.split_whitespace().count()).sum();
        let words = u32::try_from(words).unwrap_or(u32::MAX).min(60);
        tokio::time::sleep(Duration::from_millis(40) * words).await;
        self.0.call(request, chunks).await
    }
}
