//! A server that somebody else wrote, which answers all the same and keeps what was sent: for what is in a body.

use crate::server::Sent;
use std::fmt::Write as _;
use wiremock::matchers::{any, method};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

pub struct Mocked {
    pub url: String,
    server: MockServer,
    runtime: tokio::runtime::Runtime,
}

impl Mocked {
    /// Answers every `POST` with this JSON.
    pub fn answering(json: &str) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            let answer = ResponseTemplate::new(200).set_body_raw(json.to_owned(), "application/json");
            Mock::given(any()).and(method("POST")).respond_with(answer).mount(&server).await;
            server
        });
        Self { url: format!("{}/", server.uri()), server, runtime }
    }

    /// The requests so far.
    pub fn sent(&self) -> Vec<Sent> {
        let requests = self.runtime.block_on(self.server.received_requests()).unwrap();
        requests.iter().map(sent).collect()
    }
}

fn sent(request: &Request) -> Sent {
    let mut head = String::new();
    for (name, value) in &request.headers {
        writeln!(head, "{name}: {}", value.to_str().unwrap()).unwrap();
    }
    Sent { path: request.url.to_string(), head, body: request.body_json().unwrap() }
}
