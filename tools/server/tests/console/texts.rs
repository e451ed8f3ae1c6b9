use crate::site::Site;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};

#[tokio::test]
async fn long_texts_are_cut_with_a_link_to_the_whole() {
    let site = Site::new();
    let long = "ä".repeat(50_000);
    site.start("echo", "long", &serde_json::to_string(&(&long, 1)).unwrap()).await;
    let page = site.page("/runs/long?node=echo%2Fshorten").await;
    page.has("of 100002 bytes")
        .has("href=\"/runs/long/text?of=record&amp;i=0\"")
        .has("href=\"/runs/long/text?of=output\"");
    assert!(page.text.len() < 600_000, "{}", page.text.len());
    for of in ["of=record&i=0", "of=output", "of=input", "of=given&path=echo%2Fshorten&n=1"] {
        let whole = site.fetch(&format!("/runs/long/text?{of}")).await;
        assert_eq!(whole.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(whole.header("x-content-type-options"), "nosniff");
        assert!(whole.header("content-disposition").starts_with("attachment"));
        assert!(whole.text.len() > 100_000, "{of}");
    }
    for of in ["", "of=record&i=9", "of=record", "of=message&i=0&call=0&m=0", "of=shown&path=x", "of=odd"] {
        assert_eq!(site.fetch(&format!("/runs/long/text?{of}")).await.status, StatusCode::NOT_FOUND, "{of}");
    }
}

#[tokio::test]
async fn files_are_kept_by_browsers_and_change_their_name_with_their_content() {
    let site = Site::new();
    let page = site.page("/").await;
    let files: Vec<_> =
        page.text.split('"').filter(|part| part.starts_with("/assets/")).map(str::to_owned).collect();
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        let answer = site.fetch(&file).await;
        assert_eq!(answer.status, StatusCode::OK, "{file}");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        let tag = answer.header("etag");
        assert!(file.contains(tag.trim_matches('"')) && tag.len() == 18, "{tag}");
        let again = Request::get(&file).header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap();
        assert_eq!(site.send(again).await.status, StatusCode::NOT_MODIFIED);
        for of_others in ["http://", "https://", "@import", "sourceMappingURL", "//cdn"] {
            let own = !file.contains("htmx-") && !file.contains("sse-");
            assert!(!own || !answer.text.contains(of_others), "{of_others} in {file}");
        }
    }
    assert_eq!(site.fetch("/assets/console-0000000000000000.css").await.status, StatusCode::NOT_FOUND);
}
