use super::Exchange;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ops::Deref;

/// The recorded calls of an attempt: a slice of [`Exchange`]. It has the size of a pointer, because most records have none.
///
/// ```
/// use flujo::engine::{Exchange, Exchanges};
/// use flujo::model::{Message, Role};
///
/// let answer = Message::new(Role::Assistant, "4");
/// let said = Exchange::new("test:small", vec![Message::new(Role::User, "2 + 2?")], Ok(answer));
/// let all = Exchanges::from(vec![said]);
/// assert_eq!((all.len(), Exchanges::default().len()), (1, 0));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchanges(
    #[allow(clippy::box_collection, reason = "each record has one, and it is moved with the record")]
    Option<Box<Vec<Exchange>>>,
);

impl Deref for Exchanges {
    type Target = [Exchange];
    fn deref(&self) -> &[Exchange] {
        self.0.as_deref().map(Vec::as_slice).unwrap_or_default()
    }
}

impl From<Vec<Exchange>> for Exchanges {
    fn from(all: Vec<Exchange>) -> Self {
        Self((!all.is_empty()).then(|| Box::new(all)))
    }
}

impl Serialize for Exchanges {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Exchanges {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::deserialize(from).map(Self::from)
    }
}
