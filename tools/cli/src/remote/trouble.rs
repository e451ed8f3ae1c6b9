use crate::exit::Exit;
use crate::stop::Stop;
use hyper::StatusCode;
use serde::Deserialize;

/// The reason why a server did not answer what was asked.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It was not reached: it may be back soon.
    Away(String),
    /// It was asked, and did not answer.
    Lost(String),
    /// It answered with a problem.
    Problem(Problem),
    /// What it answered cannot be understood.
    Strange(String),
}

/// Problem details, RFC 9457.
#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    detail: String,
    path: Option<String>,
}

impl Trouble {
    /// Reads an answer that is no success.
    pub(super) fn read(status: StatusCode, body: &[u8]) -> Self {
        match serde_json::from_slice(body) {
            Ok(problem) => Self::Problem(problem),
            // Of something in front of the server.
            Err(_) if matches!(status.as_u16(), 502..=504) => Self::Away(format!("it answers {status}")),
            Err(_) => Self::Strange(format!("it answers {status}")),
        }
    }

    /// Returns true if asking once more may help.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Away(_) | Self::Lost(_) => true,
            Self::Problem(problem) => matches!(problem.word(), "engine" | "out-of-time" | "too-many"),
            Self::Strange(_) => false,
        }
    }

    /// Returns true if the server said that something is not there.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Problem(problem) if problem.word() == word)
    }

    pub(super) fn stop(self, server: &str) -> Stop {
        match self {
            Self::Away(what) => {
                Stop::failed(format_args!("the server at {server} cannot be reached: {what}"))
                    .next("is it there? `serve` begins one, and prints its address")
            }
            Self::Lost(what) => Stop::failed(format_args!("the server at {server} did not answer: {what}"))
                .next("what it was asked may have been done: look before you ask again"),
            Self::Strange(what) => Stop::failed(format_args!("this is no server of flujo: {server}: {what}"))
                .next("give the address that `serve` prints"),
            Self::Problem(problem) => problem.stop(),
        }
    }
}

impl Problem {
    fn word(&self) -> &str {
        self.kind.strip_prefix("urn:flujo:problem:").unwrap_or_default()
    }

    fn stop(self) -> Stop {
        let exit = match self.word() {
            "unknown-run" | "unknown-node" | "unknown-question" | "unknown-pipeline" => Exit::Nothing,
            _ => Exit::Failed,
        };
        let next = match self.word() {
            "unauthorized" => Some("give a token: `--token-env NAME` names the variable that has it"),
            "forbidden" => Some("use a token that has this role"),
            "unknown-run" => Some("`list` shows the runs"),
            "unknown-node" => Some("`show` lists the nodes of a run"),
            "unknown-host" => Some("`serve --host NAME` gives the server a name"),
            "engine" | "out-of-time" | "too-many" => Some("try it again in a moment"),
            "unknown-route" => Some("the server has another version: use the `flujo` that belongs to it"),
            _ => None,
        };
        let Self { detail, title, path, .. } = self;
        let what = if detail.is_empty() { title } else { detail };
        let what = path.map_or_else(|| what.clone(), |path| format!("{path}: {what}"));
        Stop::Error(exit, what, next.map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(status: u16, body: &str) -> (Exit, String, Option<String>) {
        match Trouble::read(StatusCode::from_u16(status).unwrap(), body.as_bytes()).stop("http://x") {
            Stop::Error(exit, what, next) => (exit, what, next),
            Stop::Closed => (Exit::Ok, String::new(), None),
        }
    }

    #[test]
    fn problems_have_their_path_and_a_next_step() {
        let body =
            r#"{"type":"urn:flujo:problem:reply","title":"t","status":422,"detail":"no","path":"a/b"}"#;
        assert_eq!(stop(422, body), (Exit::Failed, "a/b: no".to_owned(), None));
        let body = r#"{"type":"urn:flujo:problem:unauthorized","title":"t","status":401,"detail":"who"}"#;
        let next = "give a token: `--token-env NAME` names the variable that has it";
        assert_eq!(stop(401, body), (Exit::Failed, "who".to_owned(), Some(next.to_owned())));
        let body = r#"{"type":"urn:flujo:problem:unknown-run","title":"t","status":404,"detail":"none"}"#;
        assert_eq!(stop(404, body).0, Exit::Nothing);
    }

    #[test]
    fn what_is_no_problem_of_ours_is_said_too() {
        let (exit, what, _) = stop(404, "<html>");
        assert_eq!(
            (exit, what.as_str()),
            (Exit::Failed, "this is no server of flujo: http://x: it answers 404 Not Found")
        );
        let (_, what, _) = stop(502, "<html>");
        assert_eq!(what, "the server at http://x cannot be reached: it answers 502 Bad Gateway");
    }
}
