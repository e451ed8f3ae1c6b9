//! Classification of `genai`'s errors, without secrets: its own messages may contain whole requests.

use crate::secret::scrub;
use flujo::model::{ModelError, ModelFailure, retry_after};
use genai::webc;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde_json::Value;
use std::error::Error as StdError;
use std::time::SystemTime;

/// The maximum length in bytes of a provider's message.
const LONGEST: usize = 300;

pub(crate) fn of(error: genai::Error, key: Option<&SecretString>) -> ModelError {
    use genai::Error as E;
    let made = |failure, what: &str| ModelError::new(failure, scrub(what, key));
    match error {
        E::WebModelCall { webc_error, .. } | E::WebAdapterCall { webc_error, .. } => of_web(webc_error, key),
        E::HttpError { status, body, headers, .. } => of_status(status.as_u16(), &body, &headers, key),
        E::WebStream { error, cause, .. } => of_stream(error, &cause, key),
        E::ChatResponse { body, .. } => {
            // Some adapters pass the whole chunk, some the value of its `error`.
            let whole = body.get("error").is_some_and(Value::is_object);
            let wrapped = || Value::Object([("error".to_owned(), body.clone())].into_iter().collect());
            let body = if whole { body.to_string() } else { wrapped().to_string() };
            made(midway(&body), &said(&body))
        }
        E::StreamParse { serde_error, .. } => {
            made(ModelFailure::Unreadable, &format!("a piece of the stream makes no sense: {serde_error}"))
        }
        // `genai`'s own message contains the whole request.
        E::ChatResponseGeneration { cause, .. } => made(ModelFailure::Unreadable, &shortened(&cause)),
        E::NoChatResponse { .. } => made(ModelFailure::Unreadable, "there is no answer in the response"),
        E::InvalidJsonResponseElement { info } => made(ModelFailure::Unreadable, info),
        E::RequiresApiKey { .. } | E::NoAuthResolver { .. } | E::NoAuthData { .. } => {
            made(ModelFailure::Unauthorized, "there is no key")
        }
        other => made(ModelFailure::BadRequest, &shortened(&other.to_string())),
    }
}

#[allow(
    clippy::match_wildcard_for_single_variants,
    reason = "later versions of the client may tell more apart"
)]
fn of_web(error: webc::Error, key: Option<&SecretString>) -> ModelError {
    match error {
        webc::Error::ResponseFailedStatus { status, body, headers } => {
            of_status(status.as_u16(), &body, &headers, key)
        }
        webc::Error::Reqwest(error) => of_http(&error, key),
        webc::Error::ResponseFailedNotJson { content_type, .. } => {
            let what = format!("the response is `{}`, not JSON", shortened(&content_type));
            ModelError::new(ModelFailure::Unreadable, scrub(&what, key))
        }
        webc::Error::ResponseFailedInvalidJson { cause, .. } => {
            ModelError::new(ModelFailure::Unreadable, scrub(&shortened(&cause), key))
        }
        // JSON of another form, and errors that later versions of `genai` add.
        other => ModelError::new(ModelFailure::Unreadable, scrub(&shortened(&other.to_string()), key)),
    }
}

/// An error in a stream may be any other error, boxed.
fn of_stream(error: Box<dyn StdError + Send + Sync>, cause: &str, key: Option<&SecretString>) -> ModelError {
    let error = match error.downcast::<genai::Error>() {
        Ok(inner) => return of(*inner, key),
        Err(error) => error,
    };
    let error = match error.downcast::<webc::Error>() {
        Ok(inner) => return of_web(*inner, key),
        Err(error) => error,
    };
    if let Some(late) = error.downcast_ref::<webc::StreamTimeout>() {
        return ModelError::new(ModelFailure::TimedOut, late.to_string());
    }
    match error.downcast_ref::<reqwest::Error>() {
        Some(http) => of_http(http, key),
        None => ModelError::new(ModelFailure::Truncated, scrub(&shortened(cause), key)),
    }
}

/// Classifies a failure of the connection.
fn of_http(error: &reqwest::Error, key: Option<&SecretString>) -> ModelError {
    let failure = if error.is_timeout() {
        ModelFailure::TimedOut
    } else if error.is_body() || error.is_decode() {
        ModelFailure::Truncated
    } else {
        ModelFailure::Unreachable
    };
    // The innermost error has the cause; the outermost has the URL.
    let mut innermost: &dyn StdError = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    ModelError::new(failure, scrub(&shortened(&innermost.to_string()), key))
}

fn of_status(status: u16, body: &str, headers: &HeaderMap, key: Option<&SecretString>) -> ModelError {
    let what = format!("status {status}: {}", said(body));
    let error = ModelError::new(ModelFailure::of(Some(status), body), scrub(&what, key));
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match retry_after(header, SystemTime::now()) {
        Some(wait) => error.retry_after(wait),
        None => error,
    }
}

/// Classifies a failure after the response began: without a code it is the provider's.
pub(crate) fn midway(body: &str) -> ModelFailure {
    match ModelFailure::of(None, body) {
        ModelFailure::Other => ModelFailure::Overloaded,
        known => known,
    }
}

/// Returns the message in the body of an error response.
pub(crate) fn said(body: &str) -> String {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let value = value.get(0).unwrap_or(&value);
    let places = ["/error/message", "/message", "/error", "/detail"];
    let message = places.iter().find_map(|place| value.pointer(place).and_then(Value::as_str));
    shortened(message.unwrap_or(body))
}

fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
