//! Decides a request without doing anything: nothing is recorded, no number is taken, nothing is signed. What nobody has
//! signed yet is looked at as if its person had: it is asked before it is signed.

use std::{collections::HashSet, time::Duration};

use action::{Reason, ResourceId, Targets, Timestamp};
use authority_link::{DryRun, Forecast, Vouch};
use proof::{Level, Request};

use super::{Desk, DeskError, prove::Asked};

impl Desk {
    /// Says what would become of a request that was made now.
    pub(super) fn dry_run(
        &self,
        request: &str,
        vouch: &Vouch,
        online: &[ResourceId],
        forecast: Option<Forecast>,
        now: Timestamp,
    ) -> Result<DryRun, DeskError> {
        let refused = |reason: Reason, ends_by| DryRun {
            rule: None,
            reason: Some(reason),
            count: 0,
            online: 0,
            refused: Vec::new(),
            waits: None,
            sent_by: None,
            ends_by,
        };
        let Asked { request, .. } = match self.read(request, vouch) {
            Ok(asked) => asked,
            Err(reason) => return Ok(refused(reason, now)),
        };
        if let Err(error) = request.check_at(self.keys.site, now) {
            return Ok(refused(Reason::RequestNotValid { what: error.to_string() }, now));
        }
        let ends_by = request.deliver_by.plus(Duration::from_secs(request.finish_within.into()));
        let judged = match self.judge(&request)? {
            Ok(judged) => judged,
            Err(reason) => return Ok(refused(reason, ends_by)),
        };
        let online: HashSet<ResourceId> = online.iter().copied().collect();
        let online = self.count_online(&request, &judged.refused, &online);
        let seconds = forecast.and_then(|forecast| forecast.seconds_for(online));
        // Whoever asks beforehand has not said yet with which key: what waits even for a native one is told.
        let approval = self.demanded(&request, Level::Native).map(|_| Reason::ApprovalMissing);
        let waits = self.site.halted.then_some(Reason::SiteHalted).or(approval);
        Ok(DryRun {
            rule: Some(judged.rule),
            reason: None,
            count: judged.count,
            online,
            refused: judged.refused,
            // Nobody knows when a halt ends, or when somebody approves.
            sent_by: seconds
                .filter(|_| waits.is_none())
                .map(|seconds| now.plus(Duration::from_secs(seconds))),
            waits,
            ends_by,
        })
    }

    fn count_online(
        &self,
        request: &Request,
        refused: &[(action::DeviceId, Reason)],
        online: &HashSet<ResourceId>,
    ) -> u64 {
        let count = match &request.targets {
            Targets::Collection { collection, .. } => {
                let members = self.site.members(collection, None, usize::MAX).into_iter();
                members.filter(|device| online.contains(&device.resource)).count()
            }
            Targets::Devices { devices } => {
                let refused: HashSet<_> = refused.iter().map(|(device, _)| *device).collect();
                let allowed = devices.iter().filter(|target| !refused.contains(&target.device));
                let known = allowed.filter_map(|target| self.site.device(target.device));
                known.filter(|device| online.contains(&device.resource)).count()
            }
        };
        u64::try_from(count).unwrap_or(u64::MAX)
    }
}
