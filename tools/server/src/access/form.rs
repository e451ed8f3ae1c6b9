use super::{Access, session};
use crate::problem::{Kind, Problem};
use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The name of the field, and of the header, that proves that a form was shown by this server.
const FIELD: &str = "csrf";
const HEADER: &str = "x-csrf-token";
const PURPOSE: &str = "form";

/// The text that the forms of a page send in their field `csrf`, or a script in the header `x-csrf-token`.
#[derive(Clone, Debug)]
pub(crate) struct Csrf(pub(crate) String);

fn session_of(headers: &HeaderMap) -> &str {
    session::value(headers).unwrap_or_default()
}

impl<S: Send + Sync> FromRequestParts<S> for Csrf
where
    Arc<Access>: FromRef<S>,
{
    type Rejection = Problem;
    async fn from_request_parts(request: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self(Arc::<Access>::from_ref(state).seal.of(PURPOSE, session_of(&request.headers))))
    }
}

/// The fields of a form of this server. A form that a page of somebody else made is refused.
pub(crate) struct Form<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T>
where
    Arc<Access>: FromRef<S>,
{
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Problem::new(Kind::MediaType, "send a form: `application/x-www-form-urlencoded`"));
        }
        let body = Bytes::from_request(request, state).await?;
        let pairs: Vec<_> = form_urlencoded::parse(&body).into_owned().collect();
        let field = pairs.iter().find(|(name, _)| name == FIELD).map(|(_, value)| value.as_str());
        let shown = headers.get(HEADER).and_then(|value| value.to_str().ok()).or(field);
        if !shown.is_some_and(|shown| {
            Arc::<Access>::from_ref(state).seal.fits(shown, PURPOSE, session_of(&headers))
        }) {
            return Err(Problem::new(
                Kind::ForeignForm,
                "this form is too old, or not of this server: load the page again",
            ));
        }
        let pairs = pairs.into_iter().filter(|(name, _)| name != FIELD);
        crate::fields::read(pairs).map(Self).map_err(|error| Problem::new(Kind::Parameter, error))
    }
}
