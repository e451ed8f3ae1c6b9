use crate::site::Site;
use axum::http::StatusCode;
use flujo::engine::RunState;
use flujo::run::Control;

async fn state(site: &Site, id: &str) -> RunState {
    RunState::from(&Control::inspect(&*site.flujo, &id.into()).await.unwrap().status)
}

#[tokio::test]
async fn forms_of_somebody_else_are_refused() {
    let site = Site::new();
    site.start("moderate", "m", r#"["a post"]"#).await;
    for address in [
        "/runs/m/cancel",
        "/runs/m/retry",
        "/runs/m/reply",
        "/runs/m/fork",
        "/runs-act",
        "/pipelines/echo/start",
    ] {
        for pairs in [vec![], vec![("csrf", "")], vec![("csrf", "0000")]] {
            let answer = site.post_raw(address, &pairs, false).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
            answer.has("load the page again");
        }
    }
    assert_eq!(state(&site, "m").await, RunState::Paused);
}

#[tokio::test]
async fn a_viewer_sees_everything_and_changes_nothing() {
    let site = Site::as_viewer();
    site.start("moderate", "m", r#"["a post"]"#).await;
    for address in ["/", "/runs/m", "/inbox", "/pipelines", "/pipelines/echo", "/usage"] {
        let page = site.page(address).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        page.has_not("/cancel\"").has_not("/reply\"").has_not("/start\"").has_not("value=\"cancel\"");
    }
    for address in ["/runs/m/cancel", "/runs/m/retry", "/runs-act", "/pipelines/echo/start"] {
        let answer = site.post(address, &[("action", "cancel"), ("id", "m")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
        answer.has("operator");
    }
    assert_eq!(site.fetch("/runs/m/fork").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn who_is_not_known_is_asked_to_log_in() {
    let site = Site::with(|server| server.token("ops", flujo_server::Role::Operator, "a-token"));
    let answer = site.fetch("/runs/m?node=x").await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::SEE_OTHER, "/login?next=%2Fruns%2Fm%3Fnode%3Dx")
    );
    let page = site.page("/login?next=%2Finbox").await;
    page.has("name=\"next\" value=\"/inbox\"").has("type=\"password\"");
    let wrong = site.post("/login", &[("token", "no"), ("next", "/inbox")]).await;
    assert_eq!(wrong.header("location"), "/login?wrong");
    site.page("/login?wrong").await.has("This is not a token of this server.");
    let right = site.post("/login", &[("token", "a-token"), ("next", "/inbox")]).await;
    assert_eq!(right.header("location"), "/inbox");
}

#[tokio::test]
async fn many_runs_are_cancelled_and_retried_at_once() {
    let site = Site::new();
    for id in ["a", "b"] {
        site.start("moderate", id, r#"["a post"]"#).await;
    }
    site.start("echo", "broken", r#"["bad", 1]"#).await;
    let answer = site
        .post(
            "/runs-act",
            &[("action", "cancel"), ("id", "a"), ("id", "b"), ("id", "none"), ("back", "state=paused")],
        )
        .await;
    answer.has("2 of 3 runs were cancelled.").has("href=\"/?state=paused\"").has("not cancelled");
    assert_eq!(
        (state(&site, "a").await, state(&site, "b").await),
        (RunState::Cancelled, RunState::Cancelled)
    );
    let answer = site.post("/runs-act", &[("action", "retry"), ("id", "broken"), ("id", "a")]).await;
    answer.has("1 of 2 runs was retried.");
    site.post("/runs-act", &[("action", "retry")]).await.has("No runs were selected.");
    assert_eq!(site.post("/runs-act", &[("id", "a")]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_run_is_cancelled_and_forked_with_another_input() {
    let site = Site::new();
    site.start("moderate", "m", r#"["a post"]"#).await;
    let answer = site.post("/runs/m/cancel", &[]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/runs/m"));
    assert_eq!(state(&site, "m").await, RunState::Cancelled);

    let form = site.page("/runs/m/fork?from=moderate%2Fshorten").await;
    form.has("a post").has("<option value=\"moderate/shorten\" selected>");
    let from = ("from", "moderate/shorten");
    let answer = site.post_part("/runs/m/fork", &[from, ("id", "m2"), ("input/0", "another")]).await;
    assert_eq!(answer.header("hx-redirect"), "/runs/m2", "{answer:?}");
    Control::attach(&*site.flujo, &"m2".into()).await.unwrap();
    site.page("/runs/m2").await.has("another").has("ANOTHER").has("Fork of").has("/compare?a=m&amp;b=m2");
    let limited = [from, ("id", "m4"), ("input/0", "x"), ("limit", "$0.25")];
    assert_eq!(site.post("/runs/m/fork", &limited).await.header("location"), "/runs/m4");
    let view = Control::attach(&*site.flujo, &"m4".into()).await.unwrap();
    assert_eq!(view.run.limits.cost, Some(flujo::Cost(250_000_000)));
    let wrong = [from, ("id", "m5"), ("input/0", "x"), ("limit", "much")];
    let answer = site.post_part("/runs/m/fork", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer.has("`much`").has("value=\"much\"");
    let answer = site.post_part("/runs/m/fork", &[from, ("id", " "), ("input/0", "x")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer.has("write an id for the new run").has_not("<html");
    let answer =
        site.post("/runs/m/fork", &[("from", "moderate/none"), ("id", "m3"), ("input/0", "x")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn buttons_of_the_application_are_for_its_admins() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    let pressed = Arc::new(AtomicU32::new(0));
    let counted = |server: flujo_server::Server| {
        let pressed = Arc::clone(&pressed);
        server.button("Reload <prices>", "Read the \"price list\" again?", move || {
            let pressed = Arc::clone(&pressed);
            async move {
                pressed.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let site = Site::with(counted);
    let page = site.page("/").await;
    page.has("action=\"/buttons/0\"")
        .has("Reload &lt;prices&gt;")
        .has("Read the &quot;price list&quot; again?");
    assert_eq!(site.post("/buttons/0", &[]).await.header("location"), "/");
    assert_eq!(site.post("/buttons/1", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.post_raw("/buttons/0", &[], false).await.status, StatusCode::FORBIDDEN);
    assert_eq!(pressed.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_fork_asks_another_model() {
    let site = Site::new();
    site.start("chat", "c", r#"["hello"]"#).await;
    site.page("/runs/c").await.has("TEST:SMALL ANSWERS").has("Cost by model");
    let form = site.page("/runs/c/fork?from=chat%2Fanswer").await;
    form.has("<legend>Models</legend>").has("name=\"model:chat/answer\"").has("placeholder=\"test:small\"");
    let pairs = [("from", "chat/answer"), ("id", "c2"), ("input/0", "hello"), ("model:chat/answer", "large")];
    let wrong = site.post("/runs/c/fork", &pairs).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.has("The run was not forked").has("write the provider and the model").has("value=\"large\"");
    let pairs =
        [("from", "chat/answer"), ("id", "c2"), ("input/0", "hello"), ("model:chat/answer", " test:large ")];
    let forked = site.post("/runs/c/fork", &pairs).await;
    assert_eq!(forked.header("location"), "/runs/c2", "{}", forked.text);
    Control::attach(&*site.flujo, &"c2".into()).await.unwrap();
    site.page("/runs/c2")
        .await
        .has("TEST:LARGE ANSWERS")
        .has("<bdi>chat/answer</bdi></code> asks <bdi>test:large</bdi>");
    // A fork of the fork begins with what it asks.
    site.page("/runs/c2/fork").await.has("value=\"test:large\"");
    // A pipeline without models has no such fields.
    site.start("echo", "e", r#"["x", 1]"#).await;
    site.page("/runs/e/fork").await.has_not("Models");
}
