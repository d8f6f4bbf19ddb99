//! What is watched of a site's processes: what lies in the store, and whether they can do their work.

use std::sync::Arc;

use service::{
    call::Endpoint,
    error::Chain,
    log::ComponentLog,
    metrics::{Gauge, Metrics},
    observe::{Health, Observed},
};
use site_store::{Depths, SiteStore};

/// Returns what is watched of the roles of one process: their counters, the site's store, and the authority.
pub(super) fn roles(metrics: Metrics, store: SiteStore, authority: Endpoint, log: ComponentLog) -> Observed {
    let gauges = Arc::new(Gauges::new(&metrics));
    let pinged = store.clone();
    let health = Health::default()
        .check("store", move || {
            let store = pinged.clone();
            async move { store.ping().await.map_err(|_| "the site's store does not answer".to_owned()) }
        })
        .check("authority", move || {
            let authority = authority.clone();
            async move { authority.reach().await.map_err(|_| "the authority does not answer".to_owned()) }
        })
        .measured(move || {
            let (store, gauges, log) = (store.clone(), Arc::clone(&gauges), log.clone());
            async move {
                match store.depths().await {
                    Ok(depths) => gauges.set(&depths),
                    Err(error) => log.warn(format_args!("Failed to measure the store: {}", Chain(&error))),
                }
            }
        });
    Observed { metrics, health: Arc::new(health) }
}

/// Returns what is watched of the authority's process. It needs nobody.
pub(super) fn authority(metrics: Metrics) -> Observed {
    Observed { metrics, health: Arc::new(Health::default()) }
}

#[derive(Debug)]
struct Gauges {
    devices: Gauge,
    online: Gauge,
    undecided: Gauge,
    open: Gauge,
    targets: Gauge,
    unreported: Gauge,
}

impl Gauges {
    fn new(metrics: &Metrics) -> Self {
        let gauge = |name, help| metrics.gauge(name, help, &[]);
        Self {
            devices: gauge("tenon_site_devices", "Devices of the site"),
            online: gauge("tenon_site_devices_online", "Devices of the site that are online, at any server"),
            undecided: gauge("tenon_notifications_undecided", "Notifications that wait for the authority"),
            open: gauge("tenon_push_messages_open", "Push messages with targets that have not ended"),
            targets: gauge("tenon_targets_open", "Targets that have not ended"),
            unreported: gauge("tenon_events_unreported", "Events that the console has not on its disk"),
        }
    }

    fn set(&self, depths: &Depths) {
        let set = |gauge: &Gauge, value: u64| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        set(&self.devices, depths.devices);
        set(&self.online, depths.devices_online);
        set(&self.undecided, depths.notifications_undecided);
        set(&self.open, depths.push_messages_open);
        set(&self.targets, depths.targets_open);
        set(&self.unreported, depths.events_unreported);
    }
}
