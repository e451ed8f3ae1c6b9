//! Messages by the standard input and output of a process, one a line. The SDK has this too, but drops lines that are too long or
//! cannot be read, without an error.

use crate::message;
use crate::trouble::Trouble;
use rmcp::RoleClient;
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::Mutex;

/// The two pipes of a process.
pub(crate) struct Pipe<R, W> {
    from: BufReader<R>,
    /// `None` once it was closed, which tells the process to end.
    to: Arc<Mutex<Option<W>>>,
    /// The line so far: a read that is given up goes on here.
    line: Vec<u8>,
    most: usize,
    trouble: Arc<Trouble>,
}

impl<R: AsyncRead + Unpin, W> Pipe<R, W> {
    pub(super) fn new(from: R, to: W, most: usize, trouble: Arc<Trouble>) -> Self {
        let to = Arc::new(Mutex::new(Some(to)));
        Self { from: BufReader::new(from), to, line: Vec::new(), most, trouble }
    }

    /// Reads until the end of a line. Returns false at the end of the pipe, and where a line has no end within the bound.
    async fn read_line(&mut self) -> bool {
        loop {
            let bytes = match self.from.fill_buf().await {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.trouble.gave_up(format!("the pipe of the process is broken: {error}"));
                    return false;
                }
            };
            let Some(piece) = bytes.split_inclusive(|byte| *byte == b'\n').next() else { return false };
            let (length, ends) = (piece.len(), piece.ends_with(b"\n"));
            if self.line.len().saturating_add(length) > self.most {
                let most = self.most;
                self.trouble.gave_up(format!(
                    "the server writes a message of more than {most} bytes, and the connection was closed; \
                     `.max_answer(..)` allows more"
                ));
                return false;
            }
            self.line.extend_from_slice(piece);
            self.from.consume(length);
            if ends {
                return true;
            }
        }
    }
}

impl<R, W> Transport<RoleClient> for Pipe<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let to = Arc::clone(&self.to);
        async move {
            let mut line = serde_json::to_vec(&message)?;
            line.push(b'\n');
            let mut to = to.lock().await;
            let to = to.as_mut().ok_or(io::ErrorKind::NotConnected)?;
            to.write_all(&line).await?;
            to.flush().await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        while self.read_line().await {
            // Without the mark that some editors write before a text.
            let line = self.line.trim_ascii();
            let message = match line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line) {
                b"" => None,
                line => message::read(line).or_else(|| {
                    self.trouble.garbage(line);
                    None
                }),
            };
            self.line.clear();
            if message.is_some() {
                return message;
            }
        }
        None
    }

    async fn close(&mut self) -> io::Result<()> {
        self.to.lock().await.take();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Bounds, Config, Reach};
    use crate::secrets::Secrets;

    fn pipe<R: AsyncRead + Unpin>(from: R, most: usize) -> Pipe<R, tokio::io::Sink> {
        let (name, reach) = ("a".to_owned(), Reach::Http("http://a".to_owned()));
        let trouble = Trouble::new(&Arc::new(Config {
            name,
            reach,
            secrets: Secrets::default(),
            bounds: Bounds::default(),
        }));
        Pipe::new(from, tokio::io::sink(), most, trouble)
    }

    #[tokio::test]
    async fn an_endless_line_ends_at_the_bound() {
        let mut pipe = pipe(tokio::io::repeat(b'x'), 1_000_000);
        assert!(pipe.receive().await.is_none());
        assert!(pipe.line.capacity() <= 2_000_000, "{}", pipe.line.capacity());
    }

    #[tokio::test]
    async fn messages_are_read_and_the_rest_is_noted() {
        let note = r#"{"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}"#;
        let text = format!("\u{feff}{note}\r\n\n  hello\n{{\"log\": 1}}\n{note}\nhalf a line");
        let mut pipe = pipe(text.as_bytes(), note.len() + 10);
        for _ in 0..2 {
            assert!(pipe.receive().await.is_some());
        }
        assert!(pipe.receive().await.is_none());
        let expected = "it wrote 2 lines to its standard output that are no JSON-RPC, the first: `hello`";
        assert_eq!(pipe.trouble.hints(), expected);
    }
}
