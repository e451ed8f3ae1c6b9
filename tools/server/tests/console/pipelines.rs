use crate::site::Site;
use axum::http::StatusCode;
use flujo::run::Control;

#[tokio::test]
async fn pipelines_show_their_graph_bounds_findings_and_a_form() {
    let site = Site::new();
    site.page("/pipelines")
        .await
        .has("<a href=\"/pipelines/moderate\">")
        .has("Moderates a post.")
        .has("text: String");
    let page = site.page("/pipelines/echo").await;
    page.has("class=\"node kind-step plain\"")
        .has("Attempts of steps")
        .has("at most 1")
        .has("<h2>Findings</h2>");
    page.has("name=\"input/0\"").has("name=\"input/1\"").has("whole number, at least 0 and at most 255");
    site.page("/pipelines/desk").await.has("<bdi>Context</bdi>").has("name=\"context/seen");
    assert_eq!(site.fetch("/pipelines/none").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_run_is_started_once_with_labels_limit_and_context() {
    let site = Site::new();
    let pairs = [
        ("id", "new"),
        ("input/0", "text"),
        ("input/1", "3"),
        ("labels", "tenant=acme\r\nteam = a b"),
        ("limit", "0.50"),
    ];
    for _ in 0..2 {
        let started = site.post("/pipelines/echo/start", &pairs).await;
        assert_eq!(
            (started.status, started.header("location")),
            (StatusCode::SEE_OTHER, "/runs/new"),
            "{}",
            started.text
        );
    }
    let view = Control::attach(&*site.flujo, &"new".into()).await.unwrap();
    assert_eq!((view.run.labels.get("tenant"), view.run.labels.get("team")), (Some("acme"), Some("a b")));
    assert_eq!(view.run.limits.cost, Some(flujo::Cost(500_000_000)));
    site.page("/runs/new").await.has("TEXT").has("of at most $0.50");

    let context = [("id", "with"), ("input/0", "t"), ("context/seen#", "1"), ("context/seen/0", "before")];
    let started = site.post_part("/pipelines/desk/start", &context).await;
    assert_eq!(started.header("hx-redirect"), "/runs/with", "{}", started.text);
    let view = Control::attach(&*site.flujo, &"with".into()).await.unwrap();
    assert_eq!(view.context.as_str(), r#"{"seen":["before","t"]}"#);
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field() {
    let site = Site::new();
    let pairs =
        [("id", ""), ("input/0", "kept"), ("input/1", "256"), ("labels", "nothing"), ("limit", "much")];
    let answer = site.post("/pipelines/echo/start", &pairs).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer
        .has("The run was not started")
        .has("this must be at most 255")
        .has("write an id")
        .has("is no label: write name=value")
        .has("`much` is not an amount in dollars")
        .has("kept");
    site.start("echo", "taken", r#"["a", 1]"#).await;
    let answer =
        site.post("/pipelines/echo/start", &[("id", "taken"), ("input/0", "b"), ("input/1", "1")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer.has("taken");
}
