//! The pages that show the API.

use crate::support::answer::Answer;
use crate::support::daemon::Wishes;

/// The values of an attribute in HTML, as `src="…"`.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let opening = format!("{attribute}=\"");
    html.split(opening.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_and_all_that_they_load_come_from_the_daemon() {
    let daemon = Wishes::default().idle().start().await;
    let page = Answer::at(&daemon, "/docs/").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html"), "{page:?}");
    assert!(page.text.contains("Swagger UI"), "{}", page.text);
    let assets = [values(&page.text, "src"), values(&page.text, "href")].concat();
    assert!(assets.len() >= 4, "{assets:?}");
    for asset in assets {
        assert!(!asset.contains("//"), "{asset} is somebody else's");
        let asset = asset.trim_start_matches("./");
        let answer = Answer::at(&daemon, &format!("/docs/{asset}")).await;
        assert_eq!(answer.status, 200, "{asset}");
        assert!(!answer.text.is_empty(), "{asset}");
    }
    let initializer = Answer::at(&daemon, "/docs/swagger-initializer.js").await.text;
    assert!(!initializer.contains("://"), "{initializer}");
    assert!(initializer.contains(r#""url": "/openapi.json""#), "{initializer}");
    assert!(initializer.contains(r#""validatorUrl": "none""#), "a page of somebody else's is asked: {initializer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_without_its_slash_leads_there() {
    let daemon = Wishes::default().idle().start().await;
    let page = Answer::at(&daemon, "/docs").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_that_is_served_is_the_one_that_is_printed() {
    let daemon = Wishes::default().idle().start().await;
    let served = Answer::at(&daemon, "/openapi.json").await;
    assert_eq!(served.header("content-type"), "application/json");
    assert_eq!(served.json(), serde_json::to_value(nexopsd::api::document()).unwrap());
}
