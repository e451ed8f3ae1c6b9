//! A server with some pipelines, and a browser.

use crate::html;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use flujo::engine::{Labels, Memory};
use flujo::model::Script;
use flujo::prelude::*;
use flujo::run::{Control, StartRun};
use flujo_server::{Role, Server};
use http_body_util::BodyExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use tower::ServiceExt;

/// What becomes of a post.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Publish,
    Reject { reason: String },
    Redact { words: Vec<String>, notify: Option<bool> },
}

#[step]
pub async fn shorten(text: String) -> Result<String> {
    if text == "bad" {
        Err(StepError::fatal(format!("it is <bad>, and {text}")))
    } else {
        Ok(text.to_uppercase())
    }
}
#[step]
pub async fn decide(text: String, verdict: Verdict) -> Result<String> {
    Ok(format!("{text}: {verdict:?}"))
}
#[context]
#[derive(Debug, Default, JsonSchema)]
pub struct Desk {
    pub seen: Vec<String>,
}
#[step]
pub async fn note(text: String, ctx: &mut Desk) -> Result<String> {
    ctx.seen.push(text.clone());
    Ok(text)
}
pipeline! {
    /// Moderates a post.
    pub fn moderate(text: String) -> String {
        let short = shorten(text);
        let verdict: Verdict = ask("Publish this post?").showing(&short);
        decide(short, verdict)
    }
}
#[step(retries = 1, backoff = "1ms")]
pub async fn guess(text: String, run: &RunInfo) -> Result<String> {
    if run.attempt() == 1 { Err(std::io::Error::other("not the first time").into()) } else { Ok(text) }
}
#[step(model = "test:small", max_tokens = 50)]
pub fn answer(text: String) -> Prompt<String> {
    Prompt::ask(text)
}
pipeline! {
    pub fn lucky(text: String) -> String { guess(text) }
}
pipeline! {
    pub fn chat(text: String) -> String {
        let said = answer(text);
        shorten(said)
    }
}
pipeline! {
    pub fn echo(text: String, times: u8) -> String {
        let _ = times;
        shorten(text)
    }
}
pipeline! {
    pub fn desk(text: String, ctx: &mut Desk) -> String {
        note(text)
    }
}

/// A server, and what a browser keeps.
pub struct Site {
    pub flujo: Arc<Flujo>,
    router: axum::Router,
    token: Option<&'static str>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn has(&self, part: &str) -> &Self {
        assert!(self.text.contains(part), "`{part}` is not in\n{}", self.text);
        self
    }

    pub fn has_not(&self, part: &str) -> &Self {
        assert!(!self.text.contains(part), "`{part}` is in\n{}", self.text);
        self
    }
}

impl Site {
    pub fn new() -> Self {
        Self::with(|server| server)
    }

    pub fn with(change: impl FnOnce(Server) -> Server) -> Self {
        let builder = Flujo::builder().engine(Memory::new());
        let builder = builder.pipeline::<moderate>().pipeline::<echo>().pipeline::<desk>();
        let models = Script::new().otherwise(|request| format!("{} answers", request.model));
        let builder = builder.pipeline::<lucky>().pipeline::<chat>().models(models);
        let flujo = Arc::new(builder.build().unwrap());
        let control: Arc<dyn Control> = flujo.clone();
        Self { router: change(Server::of(control)).router(), flujo, token: None }
    }

    /// The router itself.
    pub fn router(&self) -> axum::Router {
        self.router.clone()
    }

    pub fn as_viewer() -> Self {
        let site = Self::with(|server| server.token("viewer", Role::Viewer, "viewer-token"));
        Self { token: Some("viewer-token"), ..site }
    }

    pub async fn start(&self, pipeline: &str, id: &str, input: &str) {
        self.start_labelled(pipeline, id, input, &[]).await;
    }

    pub async fn start_labelled(&self, pipeline: &str, id: &str, input: &str, labels: &[(&str, &str)]) {
        let mut set = Labels::default();
        for (name, value) in labels {
            set.set(*name, *value).unwrap();
        }
        let run =
            StartRun::new(pipeline, id, flujo::codec::Json::parse(input).unwrap()).labels(set).by("tests");
        Control::start(&*self.flujo, &run).await.unwrap();
        Control::attach(&*self.flujo, &id.into()).await.unwrap();
    }

    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        let peer: SocketAddr = "127.0.0.1:50000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        request.headers_mut().insert(header::HOST, "localhost:8080".parse().unwrap());
        if let Some(token) = self.token {
            request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// Gets anything.
    pub async fn fetch(&self, address: &str) -> Answer {
        self.send(Request::get(address).body(Body::empty()).unwrap()).await
    }

    /// Gets a page, which is checked.
    pub async fn page(&self, address: &str) -> Answer {
        let answer = self.fetch(address).await;
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{answer:?}");
        assert!(answer.header("content-security-policy").contains("script-src 'self'"));
        html::checked(&answer.text);
        answer
    }

    pub async fn csrf(&self) -> String {
        let page = self.fetch("/login").await;
        let elements = html::checked(&page.text);
        let field = elements.iter().find(|element| element.get("name") == Some("csrf")).unwrap();
        field.get("value").unwrap().to_owned()
    }

    /// Sends a form that the server showed.
    pub async fn post(&self, address: &str, pairs: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        let pairs: Vec<_> = pairs.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        self.post_raw(address, &pairs, false).await
    }

    /// Sends it as htmx does.
    pub async fn post_part(&self, address: &str, pairs: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        let pairs: Vec<_> = pairs.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        self.post_raw(address, &pairs, true).await
    }

    pub async fn post_raw(&self, address: &str, pairs: &[(&str, &str)], is_part: bool) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let mut request =
            Request::post(address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if is_part {
            request = request.header("hx-request", "true");
        }
        let answer = self.send(request.body(Body::from(body)).unwrap()).await;
        if answer.text.starts_with("<!DOCTYPE") {
            html::checked(&answer.text);
        }
        answer
    }
}
