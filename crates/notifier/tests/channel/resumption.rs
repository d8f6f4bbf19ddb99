//! A device that comes back with a ticket is spared the handshake's signatures, and nothing else.

use std::sync::Arc;

use device_channel::{SignInRefusal, ToAgent};
use proof::SiteRole;
use rustls::ClientConfig;

use crate::{
    device::{Device, sign_in},
    site::{Site, device, enrolment},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_comes_back_is_spared_the_signatures_also_by_a_server_that_was_restarted() {
    let mut site = Site::start(1).await;
    let client = client(&site);
    come_and_go(&site, &client).await;
    assert_eq!(handshakes(&site), (1, 0));
    come_and_go(&site, &client).await;
    assert_eq!(handshakes(&site), (1, 1));

    site.shutdown.begin();
    site.running.take().expect("running").join().await.expect("an orderly end");
    site.start_server().await;
    site.has_ticket_keys().await;
    come_and_go(&site, &client).await;
    assert_eq!(handshakes(&site), (0, 1), "the other server of the site takes the ticket");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_device_is_refused_with_a_ticket_as_without_one() {
    let site = Site::start(1).await;
    let client = client(&site);
    come_and_go(&site, &client).await;
    site.authority.revoke(enrolment(0));
    for _ in 0..200 {
        let mut device = Device::connect_with(&site, 0, &client).await;
        device.send(&[sign_in(0)]).await;
        // The list of the revoked is a second old at most; until then it signs in.
        match device.hear().await {
            ToAgent::SignInRefused(refused) => {
                assert_eq!(refused.reason, SignInRefusal::Revoked);
                assert_eq!(handshakes(&site).0, 1, "each but the first was resumed");
                return;
            }
            ToAgent::SignInConfirm(_) => device.leave().await,
            other => panic!("{other:?}"),
        }
        tokio::time::timeout(std::time::Duration::from_millis(20), std::future::pending::<()>())
            .await
            .expect_err("pending");
    }
    panic!("it was never refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_of_another_site_costs_a_full_handshake() {
    let (site, other) = (Site::start(1).await, Site::start(1).await);
    let client = client(&site);
    come_and_go(&site, &client).await;
    // The same name, another CA: its server cannot read the ticket, and verifies a certificate that is not its site's.
    Device::try_connect_with(&other, 0, &client).await.map(|_| ()).unwrap_or_default();
    assert_eq!(handshakes(&other).1, 0);
}

fn client(site: &Site) -> Arc<ClientConfig> {
    let role = SiteRole::Device { device: device(0), enrolment: enrolment(0) };
    let (chain, key) = site.authority.certificate(site.authority.site, &role);
    service::tls::client_config(&site.authority.ca.pem(), Some((&chain, &key))).expect("a client")
}

async fn come_and_go(site: &Site, client: &Arc<ClientConfig>) {
    site.has_ticket_keys().await;
    let mut device = Device::connect_with(site, 0, client).await;
    device.send(&[sign_in(0)]).await;
    // The ticket comes before the answer.
    assert!(matches!(device.hear().await, ToAgent::SignInConfirm(_)));
    device.leave().await;
}

fn handshakes(site: &Site) -> (u64, u64) {
    let count = |kind| site.metrics.counter("tenon_device_handshakes_total", "", &[("kind", kind)]).value();
    (count("full"), count("resumed"))
}
