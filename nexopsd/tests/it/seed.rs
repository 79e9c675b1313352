//! Made-up content, on a cluster that is simulated as in the demo.

use nexops_core::metric::{Metric, Range, SeriesQuery};
use nexops_core::service::{ListServices, ServiceStatus};
use nexopsd::seed::{Filled, fill};
use nexopsd::start::connection_to;

use crate::support::daemon::{Daemon, Wishes, quick_cluster};
use crate::support::wait_until;

async fn fill_again(daemon: &Daemon) -> Filled {
    let cluster = connection_to(&daemon.simulators[0], "default").unwrap();
    fill(&daemon.app, &cluster, |_| ()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_up_is_there_at_once_and_only_once() {
    let daemon = Wishes::default()
        .cluster("default", quick_cluster())
        .variable("NEXOPS_ALLOW_LOOPBACK_TARGETS", "true")
        .variable("NEXOPS_METRICS_INTERVAL", "30s")
        .start()
        .await;
    let filled = fill_again(&daemon).await;
    assert_eq!((filled.services, filled.rules, filled.alerts), (6, 4, 4));
    assert!(filled.samples > 100_000, "{filled:?}");

    let services = daemon.client.list_services(&ListServices::default()).await.unwrap().data;
    let named = |name: &str| services.iter().find(|service| service.name == name).unwrap();
    assert_eq!(named("proxmox-api").status, ServiceStatus::Healthy);
    assert_eq!(named("intranet").status, ServiceStatus::Unhealthy);
    assert!(named("intranet").explanation.is_some());
    assert_eq!(named("staging").status, ServiceStatus::Unknown);

    for (source, metric) in
        [(daemon.vm(101).await.id.0, Metric::CpuUsage), (named("proxmox-api").id.0, Metric::ResponseTime)]
    {
        // What was not rolled up yet is not seen over so long a time.
        wait_until("the history is there", async || {
            let query = SeriesQuery { range: Some(Range::Day), metric: vec![metric], ..SeriesQuery::default() };
            let history = daemon.client.metric_series(source, &query).await.unwrap().data;
            history.series[0].points.iter().filter(|point| point.avg.is_some()).count() > 200
        })
        .await;
    }

    let again = fill_again(&daemon).await;
    assert_eq!(again, Filled::default());
}
