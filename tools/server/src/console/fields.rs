//! The pairs of a form or of an address, as they were sent.

use super::form::Raw;
use super::visit::Refused;
use crate::access::Csrf;
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// Pairs of names and values; a name may come several times.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs(BTreeMap<String, Vec<String>>);

/// The pairs of a form that a page of this server showed. Unlike the fields of the API they may have any names: those
/// of properties in a schema.
pub(super) struct Form(pub(super) Pairs);

impl FromRequest<AppState> for Form {
    type Rejection = Refused;
    async fn from_request(request: Request, state: &AppState) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let Csrf(expected) = Csrf::from_request_parts(&mut parts, state).await?;
        let request = Request::from_parts(parts, body);
        let body = Bytes::from_request(request, state).await.map_err(Problem::from)?;
        let mut pairs = Pairs::of_bytes(&body);
        let shown = pairs.0.remove("csrf").and_then(|mut values| values.pop()).unwrap_or_default();
        if !bool::from(shown.as_bytes().ct_eq(expected.as_bytes())) {
            let what = "this form is too old, or not of this server: load the page again";
            return Err(Problem::new(Kind::ForeignForm, what).into());
        }
        Ok(Self(pairs))
    }
}

impl Pairs {
    /// Reads the query of an address.
    pub(super) fn of_query(query: Option<&str>) -> Self {
        Self::of_bytes(query.unwrap_or_default().as_bytes())
    }

    fn of_bytes(bytes: &[u8]) -> Self {
        let mut pairs = Self::default();
        for (name, value) in form_urlencoded::parse(bytes).into_owned() {
            pairs.0.entry(name).or_default().push(value);
        }
        pairs
    }

    /// The last value of a name, if it is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?.last()?.as_str();
        (!value.is_empty()).then_some(value)
    }

    /// All values of a name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flatten().map(String::as_str)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn raw(self) -> Raw {
        Raw::new(self.0.into_iter().filter_map(|(name, mut values)| Some((name, values.pop()?))))
    }
}

/// Writes the query of an address.
pub(super) fn query<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
