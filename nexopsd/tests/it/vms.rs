//! Guests over the API.

use nexops_core::error::ErrorCode;
use nexops_core::vm::VmStatus;

use crate::support::daemon::Daemon;

#[tokio::test(flavor = "multi_thread")]
async fn every_guest_of_the_cluster_is_listed_with_its_figures() {
    let daemon = Daemon::new().await;
    daemon.collect().await;
    let vms = daemon.vms().await;
    assert_eq!(vms.len(), daemon.cluster().guests().len());
    for vm in vms.iter().filter(|vm| vm.status == VmStatus::Running) {
        assert!(vm.usage.cpu_usage.is_some_and(|cpu| (0.0..=100.0).contains(&cpu)), "{vm:?}");
        assert!(vm.usage.memory_usage.is_some_and(|memory| (0.0..=100.0).contains(&memory)), "{vm:?}");
        assert!(!vm.usage.stale, "{vm:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_guest_is_not_found_by_number_nor_by_id() {
    let daemon = Daemon::new().await;
    let by_number = daemon.client.find_vm(9999).await.unwrap_err();
    assert_eq!(by_number.code(), Some(ErrorCode::NotFound));
    let by_id = daemon.client.find_vm(nexops_core::id::VmId::new()).await.unwrap_err();
    assert_eq!(by_id.code(), Some(ErrorCode::NotFound));
}
