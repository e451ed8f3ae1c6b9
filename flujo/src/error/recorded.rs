//! Sources of an error that was read from its record.

use std::fmt;

/// The messages of an error that was recorded, as a chain of sources again.
#[derive(Debug)]
pub(super) struct Recorded {
    message: String,
    source: Option<Box<Recorded>>,
}

impl Recorded {
    pub(super) fn chain(messages: &[String]) -> Option<Box<dyn std::error::Error + Send + Sync>> {
        let link = messages
            .iter()
            .rev()
            .fold(None, |source, message| Some(Box::new(Self { message: message.clone(), source })));
        link.map(|first| first as _)
    }
}
impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for Recorded {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|s| s as _)
    }
}
