//! How long the attempts of a pipeline may take, as its steps say.

use super::{Graph, NodeKind};
use std::time::Duration;

const UNITS: &[(&str, u64)] =
    &[("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// A duration such as `20s`, longer than nothing.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(end)?;
    let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let total = number.parse::<u64>().ok()?.checked_mul(*millis)?;
    (total > 0).then(|| Duration::from_millis(total))
}

impl Graph {
    /// Returns the longest timeout of its steps, fallbacks and tools included; `None` if one of them has none, or is given
    /// one by an expression, or if validators run, which have none.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # use std::time::Duration;
    /// #[step(timeout = "20s")]
    /// async fn greet(name: String) -> Result<String> { Ok(name) }
    ///
    /// pipeline! {
    ///     fn welcome(name: String) -> String {
    ///         let name = greet(name);
    ///         greet(name).named("again").timeout("2min")
    ///     }
    /// }
    /// # fn main() {
    /// assert_eq!(welcome::GRAPH.longest_attempt(), Some(Duration::from_secs(120)));
    /// # }
    /// ```
    pub fn longest_attempt(&self) -> Option<Duration> {
        let mut longest = Some(Duration::ZERO);
        for place in self.places() {
            let timeout = match place.kind {
                NodeKind::Step | NodeKind::Model => place.given("timeout").and_then(duration),
                NodeKind::Gate => None,
                _ => continue,
            };
            longest = longest.and_then(|longest| timeout.map(|timeout| longest.max(timeout)));
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in [("500ms", 500), ("20s", 20_000), ("2min", 120_000), ("1h", 3_600_000)] {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for wrong in ["", "20", "s", "1.5s", "-1s", "20 s", "0s", "2m", "99999999999999999999d", "é"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
