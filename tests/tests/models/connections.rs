//! What stands between a call and its provider: TLS and proxies. Both are configured by the environment, so every call is
//! made by a process of its own.

use crate::layers::{IN_FRAMES, KNOWN, Layer, Layered, STRANGER};
use crate::server::{Act, json};
use crate::wires::*;
use flujo_models::Wire;
use std::process::Command;

const URL: &str = "FLUJO_TEST_URL";
const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/// A child of the tests below.
#[test]
#[ignore = "the tests below run it, with a URL in its environment"]
fn caller() {
    let url = std::env::var(URL).unwrap();
    let (done, _) = call(&models(Wire::OpenAiChat, &url), request(false));
    match done {
        Ok(reply) => println!("\nsaid: {}", reply.content),
        Err(e) => println!("\nsaid: {:?}: {e}", e.failure),
    }
}

/// Returns what a call to `url` comes to.
fn called(url: &str, environment: &[(&str, &str)]) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--ignored", "--exact", "connections::caller", "--nocapture"]).env(URL, url);
    for name in PROXIES {
        child.env_remove(name).env_remove(name.to_lowercase());
    }
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUEST_METHOD"] {
        child.env_remove(name);
    }
    let output = child.envs(environment.iter().copied()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said = text.lines().find_map(|line| line.strip_prefix("said: "));
    said.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))).to_owned()
}

fn behind(layers: &[Layer]) -> Layered {
    Layered::new(layers, json(200, "", &answer(Wire::OpenAiChat, "Hello")))
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines()
        .find_map(|line| line.split_once(": ").filter(|(found, _)| found.eq_ignore_ascii_case(name)))
        .map(|(_, value)| value)
}

#[test]
fn a_server_with_a_trusted_certificate_is_called() {
    let server = behind(&[Layer::Tls]);
    let url = format!("https://localhost:{}/v1", server.port);
    assert_eq!(called(&url, &[("SSL_CERT_FILE", KNOWN)]), "Hello");
    let heads = server.heads();
    assert_eq!(heads.len(), 1);
    assert!(heads[0].starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{}", heads[0]);
    assert_eq!(header(&heads[0], "host").unwrap(), format!("localhost:{}", server.port));
}

#[test]
fn a_server_with_another_certificate_is_sent_nothing() {
    let server = behind(&[Layer::Tls]);
    let url = format!("https://localhost:{}/v1", server.port);
    let said = called(&url, &[("SSL_CERT_FILE", STRANGER)]);
    assert!(said.starts_with("Unreachable: ") && said.contains("invalid peer certificate"), "{said}");
    // And one whose certificate is for another name.
    let url = format!("https://127.0.0.1:{}/v1", server.port);
    let said = called(&url, &[("SSL_CERT_FILE", KNOWN)]);
    assert!(said.starts_with("Unreachable: ") && said.contains("not valid for name"), "{said}");
    assert_eq!(server.heads(), [""; 0]);
}

#[test]
fn a_server_that_speaks_http_2_is_answered_in_it() {
    let server = Layered::new(&[Layer::Offers2], Vec::new());
    let url = format!("https://localhost:{}/v1", server.port);
    let said = called(&url, &[("SSL_CERT_FILE", KNOWN)]);
    assert!(IN_FRAMES.contains("\"in frames\""));
    assert_eq!(said, "in frames");
}

#[test]
fn a_handshake_that_nobody_answers_ends_in_time() {
    // It takes the connection, and says nothing.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/v1", listener.local_addr().unwrap());
    let models = quick().connect_timeout(std::time::Duration::from_millis(50));
    let models = models.base_url("openai", url).key("openai", KEY).build().unwrap();
    let mut asked = request(false);
    asked.model = "openai:m".to_owned();
    let error = call(&models, asked).0.unwrap_err();
    assert_eq!(
        (error.failure, error.to_string().as_str()),
        (flujo::model::ModelFailure::TimedOut, "timed out: no connection in 50ms")
    );
}

#[test]
fn a_proxy_forwards_requests_of_plain_http() {
    let proxy = behind(&[]);
    let to = format!("http://me:p%40ss@127.0.0.1:{}", proxy.port);
    for (url, line) in [
        ("http://models.test/v1", "POST http://models.test/v1/chat/completions HTTP/1.1"),
        ("http://models.test:81/v1", "POST http://models.test:81/v1/chat/completions HTTP/1.1"),
    ] {
        assert_eq!(called(url, &[("HTTP_PROXY", &to)]), "Hello");
        let head = proxy.heads().pop().unwrap();
        assert_eq!(head.lines().next().unwrap(), line);
        // `me:p@ss`
        assert_eq!(header(&head, "proxy-authorization").unwrap(), "Basic bWU6cEBzcw==");
        assert_eq!(header(&head, "authorization").unwrap(), format!("Bearer {KEY}"));
    }
    // All requests go there with this one.
    assert_eq!(called("http://models.test/v1", &[("all_proxy", &to)]), "Hello");
}

#[test]
fn a_tunnel_of_a_proxy_hides_the_key_from_it() {
    let proxy = behind(&[Layer::Tunnel, Layer::Tls]);
    let to = format!("http://me:p%40ss@127.0.0.1:{}", proxy.port);
    assert_eq!(called("https://models.test/v1", &[("HTTPS_PROXY", &to), ("SSL_CERT_FILE", KNOWN)]), "Hello");
    let heads = proxy.heads();
    assert_eq!(heads.len(), 2);
    assert!(heads[0].starts_with("CONNECT models.test:443 HTTP/1.1\r\n"), "{}", heads[0]);
    assert_eq!(header(&heads[0], "proxy-authorization").unwrap(), "Basic bWU6cEBzcw==");
    assert!(!heads[0].contains(KEY));
    // What goes through the tunnel is not for the proxy.
    assert!(heads[1].starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{}", heads[1]);
    assert_eq!(header(&heads[1], "proxy-authorization"), None);
    assert_eq!(header(&heads[1], "authorization").unwrap(), format!("Bearer {KEY}"));
}

#[test]
fn a_proxy_may_itself_have_tls() {
    let forwards = behind(&[Layer::Tls]);
    let to = format!("https://localhost:{}", forwards.port);
    assert_eq!(called("http://models.test/v1", &[("HTTP_PROXY", &to), ("SSL_CERT_FILE", KNOWN)]), "Hello");
    assert!(forwards.heads()[0].starts_with("POST http://models.test/v1/chat/completions HTTP/1.1\r\n"));

    let tunnels = behind(&[Layer::Tls, Layer::Tunnel, Layer::Tls]);
    let to = format!("https://localhost:{}", tunnels.port);
    assert_eq!(called("https://models.test/v1", &[("HTTPS_PROXY", &to), ("SSL_CERT_FILE", KNOWN)]), "Hello");
    assert_eq!(tunnels.heads().len(), 2);
}

#[test]
fn servers_without_a_proxy_are_called_straight() {
    let (server, proxy) = (behind(&[]), behind(&[]));
    let url = format!("http://127.0.0.1:{}/v1", server.port);
    let to = format!("http://127.0.0.1:{}", proxy.port);
    assert_eq!(called(&url, &[("HTTP_PROXY", &to), ("NO_PROXY", "example.com,127.0.0.1")]), "Hello");
    // A proxy for the other scheme is none.
    assert_eq!(called(&url, &[("HTTPS_PROXY", &to)]), "Hello");
    assert_eq!((server.heads().len(), proxy.heads().len()), (2, 0));
    assert!(server.heads()[0].starts_with("POST /v1/chat/completions HTTP/1.1\r\n"));
}

#[test]
fn a_proxy_that_cannot_be_used_is_named_without_its_password() {
    let refuses = |status: &str| Act::Say(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"));
    for (status, why) in [
        ("407 Proxy Authentication Required", "proxy authorization required"),
        ("403 Forbidden", "unsuccessful"),
    ] {
        let proxy = Layered::new(&[], vec![refuses(status)]);
        let to = format!("http://me:planted@127.0.0.1:{}", proxy.port);
        let said = called("https://models.test/v1", &[("HTTPS_PROXY", &to)]);
        let shown = format!("the proxy `http://127.0.0.1:{}`: ", proxy.port);
        assert!(said.starts_with("Unreachable: ") && said.contains(&shown) && said.contains(why), "{said}");
        assert!(!said.contains("planted"), "{said}");
    }
    let said = called("http://models.test/v1", &[("ALL_PROXY", "socks5://me:planted@127.0.0.1:9")]);
    let why = "the proxy `socks5://127.0.0.1:9`: only `http://` and `https://` proxies are supported";
    assert!(said.starts_with("Unreachable: ") && said.ends_with(why), "{said}");
}

#[test]
fn a_user_and_a_password_in_a_url_are_a_header() {
    let server = behind(&[]);
    let url = format!("http://me:p%40ss@127.0.0.1:{}/v1", server.port);
    let models = quick().provider("test", flujo_models::Compatible::at(&url)).build().unwrap();
    assert!(!format!("{models:?}").contains("p%40ss"));
    assert_eq!(call(&models, request(false)).0.unwrap().content, "Hello");
    let head = server.heads().pop().unwrap();
    assert_eq!(header(&head, "authorization").unwrap(), "Basic bWU6cEBzcw==");
    assert_eq!(header(&head, "host").unwrap(), format!("127.0.0.1:{}", server.port));
}
