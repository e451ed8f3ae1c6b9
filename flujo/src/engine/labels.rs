use crate::error::Error;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The labels of a run: names with values that it is found by, set when it starts, and never changed.
///
/// At most [`Labels::MOST`] per run. A name has 1 to 64 bytes, a value at most 256; neither has a control character.
///
/// ```
/// use flujo::engine::Labels;
///
/// let mut labels = Labels::default();
/// labels.set("tenant", "acme")?;
/// assert_eq!(labels.get("tenant"), Some("acme"));
/// assert!(labels.set("", "acme").is_err());
/// # Ok::<(), flujo::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(
    /// In the order of the names. A list has the labels of many runs: a node of a map would be ten times their size.
    Vec<(String, String)>,
);

impl Labels {
    /// The most labels of a run.
    pub const MOST: usize = 16;
    /// The most bytes of a name.
    pub const NAME: usize = 64;
    /// The most bytes of a value.
    pub const VALUE: usize = 256;

    /// Sets a label; the last value of a name counts.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): the name is empty or too long, the value is too long, one
    /// of them has a control character, or there are too many labels.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) -> Result<(), Error> {
        let (name, value) = (name.into(), value.into());
        let refuse = |what: String| Err(Error::setup(what));
        if name.is_empty() {
            return refuse(format!("the label with the value `{}` has no name", value.escape_debug()));
        }
        let (shown, most) = (name.escape_debug(), Self::MOST);
        if name.len() > Self::NAME {
            return refuse(format!(
                "the label `{shown}` has a name of {} bytes, the most are {}",
                name.len(),
                Self::NAME
            ));
        }
        if value.len() > Self::VALUE {
            return refuse(format!(
                "the label `{shown}` has {} bytes, the most are {}",
                value.len(),
                Self::VALUE
            ));
        }
        if name.chars().chain(value.chars()).any(char::is_control) {
            return refuse(format!(
                "the label `{shown}` has a control character: labels are one line of text"
            ));
        }
        if self.0.len() == most && self.get(&name).is_none() {
            return refuse(format!("the label `{shown}` is one too many: a run has at most {most} labels"));
        }
        self.put(name, value);
        Ok(())
    }

    fn put(&mut self, name: String, value: String) {
        match self.0.binary_search_by(|(known, _)| known.cmp(&name)) {
            Ok(known) => {
                if let Some(label) = self.0.get_mut(known) {
                    label.1 = value;
                }
            }
            Err(place) => self.0.insert(place, (name, value)),
        }
    }

    /// Returns the value of a label.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Returns the names and values, in the order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns true if there are no labels.
    ///
    /// ```
    /// use flujo::engine::Labels;
    /// let mut labels = Labels::default();
    /// assert!(labels.is_empty());
    /// assert!(labels.set("tenant", "a".repeat(Labels::VALUE + 1)).is_err());
    /// assert!(labels.set("t".repeat(Labels::NAME + 1), "acme").is_err());
    /// for n in 0..Labels::MOST {
    ///     labels.set(format!("label-{n}"), "set")?;
    /// }
    /// assert!(labels.set("one more", "set").is_err());
    /// # Ok::<(), flujo::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Labels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the labels of a run: names with texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut labels = Labels::default();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    labels.put(name, value);
                }
                Ok(labels)
            }
        }
        deserializer.deserialize_map(Map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short_lines_and_few() {
        let said = |name: &str, value: &str| {
            let refused = Labels::default().set(name, value).unwrap_err().to_string();
            refused.lines().next().unwrap_or_default().to_owned()
        };
        assert!(said("", "v").ends_with("the label with the value `v` has no name"), "{}", said("", "v"));
        assert!(said(&"n".repeat(65), "v").ends_with("has a name of 65 bytes, the most are 64"));
        assert!(said("n", &"v".repeat(257)).ends_with("the label `n` has 257 bytes, the most are 256"));
        assert!(said("n", "a\nb").contains("the label `n` has a control character"));
        let mut labels = Labels::default();
        for n in 0..16 {
            labels.set(format!("n{n}"), "").unwrap();
        }
        assert!(labels.set("more", "").unwrap_err().to_string().contains("the label `more` is one too many"));
        labels.set("n3", "again").unwrap();
        assert_eq!((labels.iter().len(), labels.get("n3"), labels.get("more")), (16, Some("again"), None));
        assert_eq!(serde_json::to_string(&labels).unwrap().matches("\"n").count(), 16);
        let read: Labels = serde_json::from_str(r#"{"b":"2","a":"1","b":"3"}"#).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"a":"1","b":"3"}"#);
    }
}
