//! The files that pages load. They are part of the binary; their names hold a digest of their content, so a browser
//! keeps them for good and still sees every new version.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// One file.
struct Asset {
    /// The name in front of the digest, and the ending behind it.
    name: (&'static str, &'static str),
    kind: &'static str,
    content: &'static str,
    digest: LazyLock<String>,
}

macro_rules! asset {
    ($name:literal, $ending:literal, $kind:literal, $file:literal) => {
        Asset {
            name: ($name, $ending),
            kind: $kind,
            content: include_str!(concat!("../../assets/", $file)),
            digest: LazyLock::new(|| digest(include_str!(concat!("../../assets/", $file)))),
        }
    };
}

static ASSETS: [Asset; 4] = [
    asset!("console", "css", "text/css; charset=utf-8", "console.css"),
    asset!("console", "js", "text/javascript; charset=utf-8", "console.js"),
    asset!("htmx", "js", "text/javascript; charset=utf-8", "htmx/htmx-2.0.11.min.js"),
    asset!("sse", "js", "text/javascript; charset=utf-8", "htmx-ext-sse/sse-2.2.4.min.js"),
];

/// Sixteen digits of the digest: two versions of one file do not meet in them.
fn digest(content: &str) -> String {
    let mut digits = String::new();
    for byte in Sha256::digest(content.as_bytes()).iter().take(8) {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

impl Asset {
    fn file(&self) -> String {
        format!("{}-{}.{}", self.name.0, self.digest.as_str(), self.name.1)
    }
}

/// The address of a style sheet or script.
pub(super) fn address(name: &str, ending: &str) -> String {
    let asset = ASSETS.iter().find(|asset| asset.name == (name, ending));
    asset.map(|asset| format!("/assets/{}", asset.file())).unwrap_or_default()
}

pub(super) async fn serve(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.file() == file) else {
        return (StatusCode::NOT_FOUND, "no such file").into_response();
    };
    let tag = format!("\"{}\"", asset.digest.as_str());
    let mut answer = HeaderMap::new();
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.insert(header::ETAG, tag);
    }
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        return (StatusCode::NOT_MODIFIED, answer).into_response();
    }
    (answer, asset.content).into_response()
}
