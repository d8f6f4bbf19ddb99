//! The end of a server, and what it takes to start one.

use std::time::Duration;

use device_channel::{Restarting, ToAgent};
use notifier::{Config, StartError};
use service::{
    call::Endpoint,
    log::{Component, ComponentLog},
    shutdown::Shutdown,
    wake::Wakes,
};

use crate::{
    device::{Device, tls},
    site::Site,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_ends_tells_its_devices_to_come_back() {
    let mut site = Site::start(2).await;
    let mut one = Device::sign_in(&site, 0).await;
    let mut waiting = Device::connect(&site, 1).await;
    site.shows_online(0, true).await;
    let running = site.running.take().expect("running");
    site.shutdown.begin();
    for device in [&mut one, &mut waiting] {
        assert_eq!(device.next().await, Some(ToAgent::Restarting(Restarting { within_seconds: 1 })));
        assert_eq!(device.next().await, None);
    }
    running.join().await.expect("an orderly end");
    site.shows_online(0, false).await;
    assert_eq!(site.closed("restarting"), 2);
    let role = proof::SiteRole::ManagementPoint;
    let identity = site.authority.certificate(site.authority.site, &role);
    tls(&site, &identity, site.address).await.expect_err("nobody listens");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_at_the_start_is_named() {
    let site = Site::start(0).await;
    let start = |config: Config| {
        let (log, _) = ComponentLog::memory(Component::BGB_SERVER);
        let authority = Endpoint::Unix(site.authority.socket.clone());
        notifier::start(config, site.store.clone(), Wakes::new(), log, authority, Shutdown::new())
    };
    let mut config = Config::new(site.address, "ns2");
    let error = start(config.clone()).await.expect_err("the address is in use");
    assert!(matches!(&error, StartError::Listen { address, .. } if *address == site.address), "{error}");
    config.keep_alive = Duration::from_secs(1);
    let error = start(config).await.expect_err("too often");
    assert_eq!(
        service::error::Chain(&error).to_string(),
        "a setting of the notification server cannot be used: `keep_alive` is 1 s; take 10 to 3600 s"
    );
}
