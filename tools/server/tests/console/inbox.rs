use crate::html;
use crate::site::Site;
use axum::http::StatusCode;
use flujo::engine::RunState;
use flujo::run::Control;
use std::fmt::Write as _;

const PATH: &str = "moderate/ask";

/// The path of the open question of a run, and the name of its value in the form.
async fn question(site: &Site, run: &str) -> (String, String) {
    let open = Control::questions(&*site.flujo, &run.into()).await.unwrap();
    let path = open[0].path.to_string();
    let digits: String =
        run.bytes().chain([b'/']).chain(path.bytes()).fold(String::new(), |mut digits, byte| {
            write!(digits, "{byte:02x}").unwrap();
            digits
        });
    let name = format!("reply-q{digits}");
    (path, name)
}

/// The number of a variant in the form of a page.
fn variant(page: &str, label: &str) -> String {
    let elements = html::checked(page);
    let labelled = elements.iter().find(|element| element.name == "label" && element.text == label).unwrap();
    let id = labelled.get("for").unwrap();
    let input = elements.iter().find(|element| element.get("id") == Some(id)).unwrap();
    input.get("value").unwrap().to_owned()
}

#[tokio::test]
async fn the_inbox_has_the_oldest_question_first_and_pages() {
    let site = Site::new();
    site.page("/inbox").await.has("No questions are open.");
    for i in 0..60 {
        site.start("moderate", &format!("m-{i:02}"), r#"["a post"]"#).await;
    }
    let first = site.page("/inbox").await;
    first
        .has("Publish this post?")
        .has("A POST")
        .has("/runs/m-00\"")
        .has("/runs/m-49\"")
        .has_not("/runs/m-50\"");
    let elements = html::checked(&first.text);
    let next = elements.iter().find(|element| element.get("rel") == Some("next")).unwrap();
    site.page(next.get("href").unwrap())
        .await
        .has("/runs/m-50\"")
        .has("/runs/m-59\"")
        .has_not("/runs/m-49\"");
    site.page("/inbox?pipeline=echo").await.has("No questions are open.");
    let link = elements
        .iter()
        .find(|element| element.name == "a" && element.text == "Reply")
        .unwrap()
        .get("href")
        .unwrap()
        .to_owned();
    let (address, id) = link.split_once('#').unwrap();
    site.page(address).await.has(&format!("id=\"{id}\""));
}

#[tokio::test]
async fn a_reply_finishes_the_run() {
    let site = Site::new();
    site.start("moderate", "m", r#"["a post"]"#).await;
    let (path, name) = question(&site, "m").await;
    let page = site.page("/runs/m").await;
    let redact = variant(&page.text, "redact");
    let choice = format!("{name}^");
    let count = format!("{name}/{redact}/redact/words#");
    // A word more, by a button and without a script.
    let add = format!("add {name}/{redact}/redact/words");
    let pairs = [("path", path.as_str()), (&choice, &redact), (&count, "0"), ("edit", &add)];
    let longer = site.post_part("/runs/m/reply", &pairs).await;
    assert_eq!(longer.status, StatusCode::OK);
    longer.has("Remove item 1").has_not("<html").has("<form id=\"q");
    let whole = site.post("/runs/m/reply", &pairs).await;
    whole.has("<!DOCTYPE html>").has("Remove item 1");

    let word = format!("{name}/{redact}/redact/words/0");
    let given = format!("{name}/{redact}/redact/notify?");
    let notify = format!("{name}/{redact}/redact/notify");
    let mut pairs =
        vec![("path", path.as_str()), (&choice, &redact), (&count, "1"), (&word, "damn"), (&given, "on")];
    let wrong = site.post_part("/runs/m/reply", &pairs).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.has("The reply was not sent").has("choose yes or no").has("damn");
    assert_eq!(Control::questions(&*site.flujo, &"m".into()).await.unwrap().len(), 1, "it is still open");

    pairs.push((&notify, "true"));
    let sent = site.post("/runs/m/reply", &pairs).await;
    assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, "/runs/m"), "{}", sent.text);
    site.page("/runs/m").await.has("A worker continues it.");
    site.flujo.recover().await.unwrap();
    let view = Control::attach(&*site.flujo, &"m".into()).await.unwrap();
    assert_eq!(RunState::from(&view.status), RunState::Done);
    let page = site.page("/runs/m").await;
    page.has("A POST: Redact { words: [&quot;damn&quot;], notify: Some(true) }").has("replied to");
}

#[tokio::test]
async fn the_second_of_two_replies_is_told_so() {
    let site = Site::new();
    site.start("moderate", "m", r#"["a post"]"#).await;
    let (path, name) = question(&site, "m").await;
    let page = site.page("/runs/m").await;
    let publish = variant(&page.text, "publish");
    let choice = format!("{name}^");
    let pairs = [("path", path.as_str()), (choice.as_str(), publish.as_str())];
    let first = site.post("/runs/m/reply", &pairs).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    for is_part in [true, false] {
        let second = if is_part {
            site.post_part("/runs/m/reply", &pairs).await
        } else {
            site.post("/runs/m/reply", &pairs).await
        };
        assert_eq!(second.status, StatusCode::CONFLICT);
        second
            .has("This question was answered before: your reply was not used.")
            .has("publish")
            .has("Show the run");
        assert_eq!(second.text.contains("<html"), !is_part);
    }
    let none = site.post("/runs/m/reply", &[("path", "moderate/none")]).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert_ne!(path, PATH, "the path of a question is that of its variable");
}
