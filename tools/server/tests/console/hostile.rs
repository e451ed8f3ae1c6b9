use crate::site::Site;
use flujo::codec::Json;
use std::fmt::Write as _;

/// A text that would be run, close what is around it, or turn it around.
const EVIL: &str =
    "</textarea></script><script>alert('x')</script><img src=x onerror=alert(1)>\"'&amp;\0\u{202e}";

fn is_safe(page: &str) {
    for part in ["<script>alert", "<img", "</textarea></script>"] {
        assert!(!page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains('\0'));
    assert!(page.contains("&lt;script&gt;alert"), "{page}");
}

#[tokio::test]
async fn what_runs_say_is_text_on_every_page() {
    let site = Site::new();
    let line: String = EVIL.chars().filter(|c| *c != '\0').collect();
    let id = format!("evil/{EVIL}");
    let input = Json::encode(&(EVIL,)).unwrap();
    site.start_labelled("moderate", &id, input.as_str(), &[(&line[..60], &line)]).await;
    let address = format!("/runs/{}", escaped(&id));
    let node = format!("{address}?node=moderate%2Fshorten");
    let odd = format!("{address}?node={}", escaped(EVIL));
    let text = format!("/?text={}&label={}", escaped(EVIL), escaped(&format!("a={EVIL}")));
    let compare = format!("/compare?a={0}&b={0}", escaped(&id));
    for address in ["/", &address, &node, &odd, "/inbox", &text, &compare] {
        is_safe(&site.page(address).await.text);
    }
    let unknown = site.fetch(&format!("/runs/{}", escaped(EVIL))).await;
    crate::html::checked(&unknown.text);
    is_safe(&unknown.text);
    let page = site.page(&format!("/?pipeline={}&from={0}&after={0}", escaped(EVIL))).await;
    assert!(!page.text.contains("<script>alert"));

    let pairs = [("id", EVIL), ("input/0", EVIL), ("input/1", EVIL), ("labels", EVIL), ("limit", EVIL)];
    for is_part in [true, false] {
        let answer = if is_part {
            site.post_part("/pipelines/echo/start", &pairs).await
        } else {
            site.post("/pipelines/echo/start", &pairs).await
        };
        assert!(!answer.text.contains("<script>alert") && !answer.text.contains("<img"), "{}", answer.text);
    }
}

#[tokio::test]
async fn marks_of_direction_end_with_their_text() {
    let site = Site::new();
    site.start("echo", "\u{202e}gnp.exe", r#"["x", 1]"#).await;
    site.page("/").await.has("<bdi>\u{202e}gnp.exe</bdi>");
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        write!(out, "%{byte:02X}").unwrap();
    }
    out
}
