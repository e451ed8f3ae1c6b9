//! How large a value may be: whatever a server is sent is one message, and it takes none that is larger than its limit. It
//! would refuse what a worker sends each time, and the worker would do it again for ever.

use crate::arm::SentEnd;
use crate::entry::{Attempted, Entry};
use crate::request::SentEnded;
use flujo::engine::{Ended, EndedBy, Exchanges, Record, RecordOutcome};
use flujo::error::{FailureKind, FailureRecord};
use hyper::body::Bytes;
use serde::Serialize;
use std::io::{self, Write};
use std::sync::Arc;

/// That of a server is 32 MiB, and a message is a little larger than what is in it.
pub(crate) const LIMIT: usize = 30 << 20;

/// The entry of a record; that of a failure if it would be too large.
pub(crate) fn written(record: Record, reserved: bool, limit: usize) -> Result<Bytes, serde_json::Error> {
    let record = Arc::new(record);
    let bytes = serde_json::to_vec(&Attempted { entry: Entry(Arc::clone(&record)), reserved })?;
    if bytes.len() <= limit {
        return Ok(bytes.into());
    }
    let failure = failure("the record of this attempt", bytes.len(), limit);
    let failed = Record {
        outcome: RecordOutcome::Failure(Box::new(failure)),
        parts: Vec::new(),
        messages: Exchanges::default(),
        ..Record::clone(&record)
    };
    serde_json::to_vec(&Attempted { entry: Entry(Arc::new(failed)), reserved }).map(Bytes::from)
}

/// The end of an execution; a failure if it would be too large.
pub(crate) fn ended(ended: Ended, limit: usize) -> SentEnded {
    let (signal, ended) = (matches!(ended.outcome, Err(EndedBy::Signal(_))), SentEnded::from(ended));
    match excess(&ended, limit) {
        Some(size) if !signal => {
            let failed = EndedBy::Failure(failure("the result of this run", size, limit));
            SentEnded::from(Ended { outcome: Err(failed), context: None })
        }
        _ => ended,
    }
}

/// The end of an arm; a failure if it would be too large.
pub(crate) fn arm_ended(end: SentEnd, limit: usize) -> SentEnd {
    match excess(&end, limit) {
        Some(size) => SentEnd::Failed(failure("the result of this arm", size, limit)),
        None => end,
    }
}

/// The size of a value that is too large.
pub(crate) fn excess(value: &impl Serialize, limit: usize) -> Option<usize> {
    let mut counted = Counted(0);
    // What cannot be written at all is no matter of its size.
    serde_json::to_writer(&mut counted, value).ok()?;
    Some(counted.0).filter(|size| *size > limit)
}

/// Says what is too large, and what to do.
pub(crate) fn message(what: &str, size: usize, limit: usize) -> String {
    format!(
        "{what} has {size} bytes, and a message to the Restate server no more than {limit}: keep large values elsewhere and \
         pass references to them, or raise the `message-size-limit` of the server, and `Restate::value_limit`"
    )
}

/// The failure of what is too large: it is no other the next time.
pub(crate) fn failure(what: &str, size: usize, limit: usize) -> FailureRecord {
    FailureRecord::new(FailureKind::Codec, false, message(what, size, limit))
}

/// Counts what is written.
struct Counted(usize);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_left_as_it_is() {
        assert_eq!(excess(&"letters", 9), None);
        assert_eq!(excess(&"letters", 8), Some(9));
        assert_eq!(arm_ended(SentEnd::Cancelled, 11), SentEnd::Cancelled);
        let SentEnd::Failed(failure) = arm_ended(SentEnd::Cancelled, 10) else { panic!("it is too large") };
        assert!(failure.chain[0].starts_with("the result of this arm has 11 bytes, and "), "{failure:?}");
        assert!(!failure.retryable);
    }
}
