//! How requests are refused.

use rstest::rstest;
use serde_json::json;

use crate::support::{Sim, authorization, quick, read};

#[rstest]
#[case(None, "No ticket")]
#[case(Some("Basic dGVzdDp0ZXN0"), "No ticket")]
#[case(Some("PVEAPIToken="), "No ticket")]
#[case(Some("pveapitoken=tester@pve!full=secret-of-full"), "No ticket")]
#[case(Some("PVEAPIToken=tester@pve!full=wrong"), "Authentication failed!")]
#[case(Some("PVEAPIToken=tester@pve!gone=secret-of-gone"), "Authentication failed!")]
#[case(Some("PVEAPIToken=tester@pve!full"), "Authentication failed!")]
#[tokio::test]
async fn a_wrong_token_gets_an_empty_401(#[case] header: Option<&str>, #[case] reason: &str) {
    let sim = Sim::start().await;
    let mut request = sim.client.get(sim.url("/version"));
    if let Some(header) = header {
        request = request.header("Authorization", header);
    }
    let reply = read(request.send().await.unwrap()).await;
    assert_eq!((reply.status, reply.reason.as_str(), reply.body.as_str()), (401, reason, ""));
}

#[tokio::test]
async fn a_401_takes_its_time() {
    let auth_delay = std::time::Duration::from_millis(120);
    let sim = Sim::start_with(pve_sim::Config { auth_delay, ..quick() }).await;
    let begun = std::time::Instant::now();
    assert_eq!(read(sim.client.get(sim.url("/version")).send().await.unwrap()).await.status, 401);
    assert!(begun.elapsed() >= auth_delay);
}

#[rstest]
#[case("PVEAPIToken=tester@pve!full=secret-of-full")]
#[case("PVEAPIToken tester@pve!full=secret-of-full")]
#[case("PVEAPIToken=tester%40pve%21full=secret-of-full")]
#[tokio::test]
async fn a_token_is_accepted_in_every_spelling(#[case] header: &str) {
    let sim = Sim::start().await;
    let request = sim.client.get(sim.url("/version")).header("Authorization", header);
    assert_eq!(read(request.send().await.unwrap()).await.data()["version"], "9.1.7");
}

#[rstest]
#[case("/nodes/pve1/qemu/999/config", "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist")]
#[case("/nodes/pve1/lxc/999/status/current", "Configuration file 'nodes/pve1/lxc/999.conf' does not exist")]
#[case("/nodes/pve1/lxc/100/status/current", "Configuration file 'nodes/pve1/lxc/100.conf' does not exist")]
#[case(
    "/nodes/gone/status",
    "hostname lookup 'gone' failed - failed to get address info for: gone: Temporary failure in name resolution"
)]
#[tokio::test]
async fn what_is_not_there_is_a_500_with_a_text(#[case] path: &str, #[case] text: &str) {
    let sim = Sim::start().await;
    let reply = sim.get(path).await;
    assert_eq!((reply.status, reply.reason.as_str()), (500, text));
    assert_eq!(reply.json(), json!({ "data": null, "message": format!("{text}\n") }));
}

#[rstest]
#[case(
    "/cluster/resources?type=qemu",
    "type",
    "value 'qemu' does not have a value in the enumeration 'vm, storage, node, sdn'"
)]
#[case(
    "/cluster/resources?foo=1",
    "foo",
    "property is not defined in schema and the schema does not allow additional properties"
)]
#[case("/nodes/pve1/qemu/abc/config", "vmid", "type check ('integer') failed - got 'abc'")]
#[case("/nodes/pve1/qemu/0/config", "vmid", "invalid format - value does not look like a valid VM ID\n")]
#[tokio::test]
async fn wrong_parameters_are_named(#[case] path: &str, #[case] name: &str, #[case] text: &str) {
    let sim = Sim::start().await;
    let reply = sim.get(path).await;
    assert_eq!((reply.status, reply.reason.as_str()), (400, "Parameter verification failed."));
    assert_eq!(reply.json()["errors"], json!({ name: text }));
    assert_eq!(reply.message(), "Parameter verification failed.\n");
}

#[tokio::test]
async fn every_wrong_parameter_is_named_at_once() {
    let sim = Sim::start().await;
    let form = [("bogus", "1"), ("timeout", "-5"), ("skiplock", "1")];
    let reply = sim.post("/nodes/pve1/qemu/100/status/start", &form).await;
    let errors = reply.json()["errors"].clone();
    assert_eq!(errors["timeout"], "value must have a minimum value of 0");
    assert_eq!(errors["skiplock"], "Only root may use this option.");
    assert_eq!(errors.as_object().unwrap().len(), 3);
}

#[rstest]
#[case("GET", "/nodes/pve1/nosuch", "Method 'GET /nodes/pve1/nosuch' not implemented")]
#[case("POST", "/version", "Method 'POST /version' not implemented")]
#[case("PATCH", "/version", "method 'PATCH' not available")]
#[case("OPTIONS", "/version", "method 'OPTIONS' not available")]
#[tokio::test]
async fn what_is_not_implemented_is_a_501(#[case] method: &str, #[case] path: &str, #[case] reason: &str) {
    let sim = Sim::start().await;
    let method = method.parse().unwrap();
    let reply = sim.send(sim.client.request(method, sim.url(path))).await;
    assert_eq!((reply.status, reply.reason.as_str()), (501, reason));
}

#[rstest]
#[case("GET", "/nodes/pve1/qemu/100/status/start")]
#[case("POST", "/nodes/pve1/qemu/100/status/current")]
#[case("GET", "/nodes//pve1/nosuch/")]
#[case("PUT", "/")]
#[tokio::test]
async fn a_501_names_no_methods_and_comes_after_the_401(#[case] method: &str, #[case] path: &str) {
    let sim = Sim::start().await;
    let request = sim.client.request(method.parse().unwrap(), sim.url(path));
    assert_eq!(read(request.try_clone().unwrap().send().await.unwrap()).await.status, 401);
    let reply = sim.send(request).await;
    assert_eq!((reply.status, reply.headers.get("allow")), (501, None));
    assert!(reply.message().starts_with(&format!("Method '{method} /")), "{reply:?}");
}

#[rstest]
#[case("//version/", 200, "OK")]
#[case("/versi%6Fn", 200, "OK")]
#[case("/nodes%2Fpve%31/version", 200, "OK")]
#[case("/nodes%2F%2Fpve1/nosuch", 501, "Method 'GET /nodes//pve1/nosuch' not implemented")]
#[case("/nodes/%2570ve1/version", 500, "hostname lookup '%70ve1' failed")]
#[case("/nodes/a%20%3F%23b/version", 500, "hostname lookup 'a ?#b' failed")]
#[case("/nodes/%7Bnode%7D/version", 500, "hostname lookup '{node}' failed")]
#[case("/nodes/%zz/version", 500, "hostname lookup '%zz' failed")]
#[tokio::test]
async fn a_path_is_decoded_once_before_it_is_taken_apart(
    #[case] path: &str,
    #[case] status: u16,
    #[case] reason: &str,
) {
    let sim = Sim::start().await;
    let reply = sim.get(path).await;
    assert_eq!(reply.status, status, "{reply:?}");
    assert!(reply.reason.starts_with(reason), "{reply:?}");
}

#[tokio::test]
async fn a_get_with_a_body_is_a_501() {
    let sim = Sim::start().await;
    let reply = sim.send(sim.client.get(sim.url("/version")).body("type=node")).await;
    assert_eq!((reply.status, reply.body.as_str()), (501, "Unexpected content for method 'GET'"));
}

#[tokio::test]
async fn an_empty_json_body_is_a_500_and_no_body_is_fine() {
    let sim = Sim::start().await;
    let url = sim.url("/nodes/pve1/qemu/100/status/start");
    let typed = sim.client.post(&url).header("Content-Type", "application/json");
    let reply = sim.send(typed).await;
    assert!(reply.status == 500 && reply.reason.starts_with("malformed JSON string"), "{reply:?}");
    assert_eq!(sim.send(sim.client.post(&url)).await.status, 200);
}

#[tokio::test]
async fn an_offline_node_is_a_595_with_an_empty_body() {
    let sim = Sim::start().await;
    sim.control().set_node_online("pve2", false);
    for path in ["/nodes/pve2/status", "/nodes/pve2/qemu", "/nodes/pve2/qemu/101/status/current"] {
        let reply = sim.get(path).await;
        assert_eq!((reply.status, reply.reason.as_str(), reply.body.as_str()), (595, "No route to host", ""));
    }
    let action = sim.post("/nodes/pve2/qemu/101/status/stop", &[]).await;
    assert_eq!(action.status, 595);
    assert_eq!(sim.get("/cluster/resources").await.status, 200);
    sim.control().set_node_online("pve2", true);
    assert_eq!(sim.get("/nodes/pve2/status").await.status, 200);
}

#[tokio::test]
async fn debug_output_of_a_token_hides_its_secret() {
    let sim = Sim::start().await;
    let token = sim.simulator.token();
    assert!(!format!("{token:?} {:?}", sim.simulator).contains(&token.secret));
    assert_eq!(token.authorization(), authorization("full"));
}
