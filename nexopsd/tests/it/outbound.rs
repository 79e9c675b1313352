//! The client for URLs that users give, against servers on real sockets.

use std::time::Duration;

use nexopsd::outbound::address::Denied;
use nexopsd::outbound::{Answer, Client, Error, HeaderMap, Method, Request, parse_url};
use nexopsd::tls::CertificateProblem;
use rstest::rstest;

use crate::support::PATIENCE;
use crate::support::site::{Reply, Site, Validity, nobody};

/// Long enough for anything that ends by itself.
const LONG: Duration = PATIENCE;
/// Short enough to wait for.
const SHORT: Duration = Duration::from_millis(300);

fn get(url: &str) -> Request {
    Request::get(parse_url(url).unwrap(), LONG)
}

/// Asks as a daemon that may ask loopback addresses.
async fn ask(request: Request) -> Result<Answer, Error> {
    Client::new(true).unwrap().send(request).await
}

/// Asks as a daemon with the usual configuration.
async fn ask_carefully(request: Request) -> Result<Answer, Error> {
    Client::new(false).unwrap().send(request).await
}

#[tokio::test]
async fn an_answer_has_its_status_and_the_beginning_of_its_body() {
    let site = Site::new(|_| Reply::Status(503, "gone fishing".to_owned())).await;
    let answer = ask(Request { read: 4, ..get(&site.url("/")) }).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice(), answer.is_cut), (503, &b"gone"[..], true));
    let answer = ask(Request { read: 12, ..get(&site.url("/")) }).await.unwrap();
    assert_eq!((answer.body.as_slice(), answer.is_cut), (&b"gone fishing"[..], false));
    assert!(!format!("{answer:?}").contains("fishing"));
}

#[tokio::test]
async fn a_body_without_end_is_read_up_to_the_limit() {
    let site = Site::new(|_| Reply::Endless).await;
    let answer = ask(Request { read: 100_000, ..get(&site.url("/")) }).await.unwrap();
    assert_eq!((answer.body.len(), answer.is_cut), (100_000, true));
    let answer = ask(get(&site.url("/"))).await.unwrap();
    assert_eq!((answer.body.len(), answer.status), (0, 200));
}

#[rstest]
#[case::silent(b"")]
#[case::half_a_head(b"HTTP/1.1 200 OK\r\nx-half")]
#[case::half_a_body(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")]
#[tokio::test]
async fn a_server_that_hangs_is_given_up(#[case] sent: &'static [u8]) {
    let site = Site::new(|_| Reply::Hang(sent.to_vec())).await;
    let request = Request { timeout: SHORT, read: 1000, ..get(&site.url("/")) };
    assert_eq!(ask(request).await.unwrap_err(), Error::Timeout { after: SHORT });
}

#[rstest]
#[case::nothing(b"")]
#[case::no_http(b"SSH-2.0-OpenSSH_9.6\r\n")]
#[case::cut_body(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")]
#[tokio::test]
async fn a_server_that_does_not_speak_http_is_said_to_be_broken(#[case] sent: &'static [u8]) {
    let site = Site::new(|_| Reply::Bytes(sent.to_vec())).await;
    let error = ask(Request { read: 1000, ..get(&site.url("/")) }).await.unwrap_err();
    assert!(matches!(error, Error::Broken { .. }), "{error:?}");
    assert!(!error.to_string().contains("OpenSSH"), "{error}");
}

#[tokio::test]
async fn a_port_where_nobody_listens_refuses() {
    let error = ask(get(&format!("http://{}/", nobody().await))).await.unwrap_err();
    assert!(matches!(&error, Error::Connect { reason, .. } if reason.contains("refused")), "{error:?}");
    assert!(!error.is_our_own());
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_the_other_sides_fault_or_the_name_servers() {
    // Where there is no name server, as in many a build machine, nobody can say that the name does not exist.
    let error = ask(get("http://nothing-here.invalid/")).await.unwrap_err();
    assert!(matches!(error, Error::NoSuchHost { .. } | Error::NoNameServer { .. }), "{error:?}");
}

#[rstest]
#[case(Denied::Loopback, "http://127.0.0.1:9/")]
#[case(Denied::Loopback, "http://127.1:9/")]
#[case(Denied::Loopback, "http://2130706433:9/")]
#[case(Denied::Loopback, "http://0x7f000001:9/")]
#[case(Denied::Loopback, "http://0x7f.1:9/")]
#[case(Denied::Loopback, "http://0177.0.0.1:9/")]
#[case(Denied::Loopback, "http://127.0.0.1.:9/")]
#[case(Denied::Loopback, "http://１２７.0.0.1:9/")]
#[case(Denied::Loopback, "http://%31%32%37.0.0.1:9/")]
#[case(Denied::Loopback, "http://127。0。0。1:9/")]
#[case(Denied::Loopback, "http://localhost:9/")]
#[case(Denied::Loopback, "http://LocalHost:9/")]
#[case(Denied::Loopback, "http://[::1]:9/")]
#[case(Denied::Loopback, "http://[::ffff:127.0.0.1]:9/")]
#[case(Denied::Loopback, "http://[::ffff:7f00:1]:9/")]
#[case(Denied::Loopback, "http://[64:ff9b::7f00:1]:9/")]
#[case(Denied::Unspecified, "http://0:9/")]
#[case(Denied::Unspecified, "http://0.0.0.0:9/")]
#[case(Denied::Unspecified, "http://[::]:9/")]
#[case(Denied::LinkLocal, "http://169.254.169.254/latest/meta-data/")]
#[case(Denied::LinkLocal, "http://0xa9fea9fe/")]
#[case(Denied::LinkLocal, "http://[::ffff:169.254.169.254]/")]
#[case(Denied::LinkLocal, "http://[64:ff9b::a9fe:a9fe]/")]
#[case(Denied::LinkLocal, "http://[fe80::1]/")]
#[case(Denied::Metadata, "http://[fd00:ec2::254]/")]
#[tokio::test]
async fn a_denied_address_is_denied_however_it_is_written(#[case] expected: Denied, #[case] url: &str) {
    match ask_carefully(get(url)).await.unwrap_err() {
        Error::DeniedAddress { why, .. } => assert_eq!(why, expected),
        other => panic!("{url}: {other:?}"),
    }
}

#[rstest]
#[tokio::test]
async fn a_denied_address_is_denied_to_other_protocols_too(
    #[values("127.0.0.1", "localhost", "[::1]", "::1", "0x7f.1", "2130706433", "0", "169.254.169.254", "[fe80::1]")]
    host: &str,
) {
    let error = Client::new(false).unwrap().targets().resolve(host, 25).await.unwrap_err();
    assert!(matches!(error, Error::DeniedAddress { .. }), "{host}: {error:?}");
}

#[tokio::test]
async fn the_addresses_of_an_allowed_host_come_with_its_port() {
    let client = Client::new(true).unwrap();
    let found = client.targets().resolve("localhost", 2525).await.unwrap();
    assert!(!found.is_empty() && found.iter().all(|address| address.ip().is_loopback() && address.port() == 2525));
    let found = client.targets().resolve("192.168.7.7", 25).await.unwrap();
    assert_eq!(found, ["192.168.7.7:25".parse().unwrap()]);
}

#[tokio::test]
async fn names_of_metadata_services_are_not_even_looked_up() {
    let error = ask_carefully(get("http://metadata.google.internal./computeMetadata/v1/")).await.unwrap_err();
    assert!(matches!(error, Error::DeniedName { .. }), "{error:?}");
}

#[tokio::test]
async fn a_name_is_dialled_at_its_checked_address() {
    let site = Site::new(|_| Reply::ok("here")).await;
    let url = format!("http://localhost:{}/x", site.address.port());
    assert_eq!(ask(get(&url)).await.unwrap().status, 200);
    assert!(site.requests()[0].starts_with("GET /x HTTP/1.1"));
    assert!(matches!(ask_carefully(get(&url)).await, Err(Error::DeniedAddress { .. })));
    assert_eq!(site.requests().len(), 1);
}

#[tokio::test]
async fn three_redirects_are_followed_and_a_fourth_is_not() {
    let site = Site::new(|head| match head.split(['/', ' ']).nth(2).unwrap() {
        "0" => Reply::ok("here"),
        hops => Reply::SendOn(302, format!("/{}", hops.parse::<u32>().unwrap() - 1)),
    })
    .await;
    let answer = ask(get(&site.url("/3"))).await.unwrap();
    assert_eq!((answer.status, answer.redirects), (200, 3));
    assert_eq!(ask(get(&site.url("/4"))).await.unwrap_err(), Error::TooManyRedirects { most: 3 });
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let site = Site::new(|_| Reply::SendOn(301, "/again".to_owned())).await;
    assert_eq!(ask(get(&site.url("/"))).await.unwrap_err(), Error::TooManyRedirects { most: 3 });
    assert_eq!(site.requests().len(), 4);
}

#[rstest]
#[case("http://169.254.169.254/latest/meta-data/")]
#[case("http://0xa9fea9fe/")]
#[case("http://[64:ff9b::a9fe:a9fe]/")]
#[case("//[fd00:ec2::254]/")]
#[tokio::test]
async fn a_redirect_does_not_lead_where_a_url_may_not(#[case] target: &'static str) {
    let site = Site::new(|_| Reply::SendOn(302, target.to_owned())).await;
    let error = ask(get(&site.url("/"))).await.unwrap_err();
    assert!(matches!(error, Error::DeniedAddress { .. }), "{error:?}");
}

#[tokio::test]
async fn headers_do_not_go_to_another_host_with_a_redirect() {
    let other = Site::new(|_| Reply::ok("")).await;
    let to = other.url("/elsewhere");
    let site = Site::new(move |head| match head.starts_with("GET /far") {
        true => Reply::SendOn(307, to.clone()),
        false if head.starts_with("GET /near") => Reply::SendOn(307, "/here".to_owned()),
        false => Reply::ok(""),
    })
    .await;
    let headers: HeaderMap = [("authorization", "Bearer s3cret"), ("x-key", "s3cret")]
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    for path in ["/near", "/far"] {
        ask(Request { headers: headers.clone(), ..get(&site.url(path)) }).await.unwrap();
    }
    assert_eq!(site.requests().iter().filter(|head| head.contains("s3cret")).count(), 3);
    assert_eq!(other.requests().len(), 1);
    assert!(!other.requests()[0].contains("s3cret"), "{:?}", other.requests());
}

#[tokio::test]
async fn a_message_is_not_sent_on_to_somebody_else() {
    let other = Site::new(|_| Reply::ok("")).await;
    let to = other.url("/");
    let site = Site::new(move |_| Reply::SendOn(307, to.clone())).await;
    let url = parse_url(&site.url("/hook")).unwrap();
    let error = ask(Request::post(url, HeaderMap::new(), b"secret".to_vec(), LONG)).await.unwrap_err();
    assert!(matches!(error, Error::NotFollowed { .. }), "{error:?}");
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_from_tls_to_none_is_not_followed() {
    let plain = Site::new(|_| Reply::ok("")).await;
    let to = plain.url("/");
    let site = Site::over_tls(Validity::Long, move |_| Reply::SendOn(302, to.clone())).await;
    let error = ask(Request { verify_tls: false, ..get(&site.url("/")) }).await.unwrap_err();
    assert!(matches!(error, Error::Downgrade { .. }), "{error:?}");
    assert!(plain.requests().is_empty());
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_refused_and_its_end_is_known() {
    let site = Site::over_tls(Validity::Long, |_| Reply::ok("")).await;
    match ask(get(&site.url("/"))).await.unwrap_err() {
        Error::Certificate { problem, expires_at, .. } => {
            assert_eq!(problem, CertificateProblem::Untrusted);
            assert_eq!(expires_at.unwrap().to_rfc3339(), "2096-12-31T00:00:00+00:00");
        }
        other => panic!("{other:?}"),
    }
    assert!(site.requests().is_empty(), "nothing is said to a server that is not trusted");
}

#[rstest]
#[case(Validity::Long, "2096-12-31T00:00:00+00:00")]
#[case(Validity::Over, "2021-12-31T00:00:00+00:00")]
#[tokio::test]
async fn the_end_of_any_certificate_is_read_where_none_need_be_trusted(#[case] validity: Validity, #[case] end: &str) {
    let site = Site::over_tls(validity, |_| Reply::ok("")).await;
    let answer = ask(Request { verify_tls: false, ..get(&site.url("/")) }).await.unwrap();
    assert_eq!(answer.certificate_expires_at.unwrap().to_rfc3339(), end);
}

#[tokio::test]
async fn https_to_a_server_without_tls_is_explained() {
    let site = Site::new(|_| Reply::ok("")).await;
    let error = ask(get(&site.url("/").replace("http:", "https:"))).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
}

#[rstest]
#[case("ftp://a.example/")]
#[case("file:///etc/passwd")]
#[case("a.example")]
#[case("http://")]
#[case("http://ann:s3cret@a.example/")]
#[case("http://a.example:0/")]
#[case("http://a.example:99999/")]
#[case("http://a b/")]
fn a_url_that_cannot_be_used_is_refused(#[case] text: &str) {
    let error = parse_url(text).unwrap_err();
    assert!(matches!(error, Error::Url(_)), "{error:?}");
    assert!(!error.to_string().contains("s3cret"));
}

#[tokio::test]
async fn any_method_can_be_sent() {
    let site = Site::new(|_| Reply::ok("")).await;
    ask(Request { method: Method::HEAD, ..get(&site.url("/")) }).await.unwrap();
    assert!(site.requests()[0].starts_with("HEAD / HTTP/1.1"));
}
