//! `/docs` in a real browser: read offline, and used.

use crate::support::browser::Page;
use crate::support::daemon::{Wishes, quick_cluster};

const TOKEN: &str = "s3cret";
const OPERATION: &str = "#operations-infrastructure-list_vms";

fn status_is(status: u16) -> String {
    let cell = format!("{OPERATION} .live-responses-table tr.response .response-col_status");
    format!("(document.querySelector({cell:?})?.innerText ?? '').startsWith('{status}')")
}

fn use_the_page(url: &str) {
    let mut page = Page::open(&format!("{url}/docs/"));
    page.click(&format!("{OPERATION} .opblock-summary-control"));
    page.click(&format!("{OPERATION} .btn.execute"));
    page.wait_until(&status_is(401));

    page.click(".btn.authorize");
    page.type_into(".auth-container input", TOKEN);
    page.click(".auth-btn-wrapper .authorize");
    page.click(".btn-done");
    page.click(&format!("{OPERATION} .btn.execute"));
    page.wait_until(&status_is(200));
    let table = format!("{OPERATION} .live-responses-table");
    let shown = page.evaluate(&format!("document.querySelector({table:?}).innerText"));
    assert!(shown.as_str().is_some_and(|shown| shown.contains("\"vmid\": 101")), "{shown}");

    let loaded = page.loaded();
    assert!(loaded.len() > 5, "{loaded:?}");
    let foreign: Vec<&String> = loaded.iter().filter(|address| !address.starts_with(url)).collect();
    assert!(foreign.is_empty(), "the page needs somebody else: {foreign:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_the_internet_authorizes_itself_and_asks_for_the_guests() {
    let daemon =
        Wishes::default().cluster("default", quick_cluster()).variable("NEXOPS_API_TOKEN", TOKEN).start().await;
    let url = daemon.url.clone();
    tokio::task::spawn_blocking(move || use_the_page(&url)).await.unwrap();
}
