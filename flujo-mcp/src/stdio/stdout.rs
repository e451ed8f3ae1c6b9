//! The standard output of a process, with a bound for every line.

use crate::trouble::Trouble;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

/// The number of bytes of a line that are kept to say what it is.
const HEAD: usize = 1 << 10;

/// Passes bytes on, and ends the connection at a line that is too long: its reader would keep it until it ends.
pub(crate) struct Lines<R> {
    from: R,
    most: usize,
    /// The length of the line so far.
    length: usize,
    head: Vec<u8>,
    trouble: Arc<Trouble>,
}

impl<R> Lines<R> {
    pub(super) fn new(from: R, most: usize, trouble: Arc<Trouble>) -> Self {
        Self { from, most, length: 0, head: Vec::new(), trouble }
    }

    fn observe(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.length = self.length.saturating_add(piece.len());
            if self.length > self.most {
                let cause = format!(
                    "the server writes a message of more than {} bytes, and the connection was closed; \
                     `.max_answer(..)` allows more",
                    self.most
                );
                self.trouble.gave_up(cause);
                return Err(io::Error::other("a line is too long"));
            }
            let room = HEAD.saturating_sub(self.head.len()).min(piece.len());
            self.head.extend_from_slice(piece.get(..room).unwrap_or_default());
            if piece.ends_with(b"\n") {
                // Every message is an object. What is none is a greeting, or a log that belongs elsewhere.
                let line = self.head.trim_ascii();
                if !line.is_empty() && !line.starts_with(b"{") {
                    self.trouble.garbage(line);
                }
                self.head.clear();
                self.length = 0;
            }
        }
        Ok(())
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Lines<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = to.filled().len();
        ready!(Pin::new(&mut self.from).poll_read(cx, to))?;
        let observed = self.observe(to.filled().get(before..).unwrap_or_default());
        if observed.is_err() {
            // Where there is an error, nothing was read.
            to.set_filled(before);
        }
        Poll::Ready(observed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Bounds, Config, Reach};
    use crate::secrets::Secrets;
    use tokio::io::AsyncReadExt as _;

    fn trouble() -> Arc<Trouble> {
        let (name, reach) = ("a".to_owned(), Reach::Http("http://a".to_owned()));
        Trouble::new(&Arc::new(Config {
            name,
            reach,
            secrets: Secrets::default(),
            bounds: Bounds::default(),
        }))
    }

    #[tokio::test]
    async fn an_endless_line_ends_at_the_bound() {
        let mut lines = Lines::new(tokio::io::repeat(b'x'), 1_000_000, trouble());
        let mut read = Vec::new();
        lines.read_to_end(&mut read).await.unwrap_err();
        assert!(read.len() <= 1_000_000, "{}", read.len());
    }

    #[tokio::test]
    async fn lines_within_the_bound_are_passed_on_and_the_others_are_noted() {
        let text = "{\"a\": 1}\n\n  hello\n{\"b\": 2}\n".repeat(100);
        let trouble = trouble();
        let mut read = String::new();
        Lines::new(text.as_bytes(), 20, Arc::clone(&trouble)).read_to_string(&mut read).await.unwrap();
        assert_eq!(read, text);
        let expected = "it wrote 100 lines to its standard output that are no JSON-RPC, the first: `hello`";
        assert_eq!(trouble.hints(), expected);
    }
}
