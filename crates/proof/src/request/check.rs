//! What holds for every valid request.

use std::time::Duration;

use action::{Clocks, SiteId, Targets, Timestamp};

use crate::{
    Hash, SiteNonce, Thumbprint,
    request::{LONGEST_PARAM, Request},
};

/// How far ahead of the site's clock a request may be made: what clocks differ by without anybody noticing.
const CLOCKS_DIFFER_BY: Duration = Duration::from_secs(5 * 60);

/// The longest that a device may take for its answer: a week.
const LONGEST_FINISH_SECONDS: u32 = 7 * 24 * 3600;

/// The longest issuer, in bytes: a URL with a tenant in its path.
const LONGEST_ISSUER: usize = 512;

/// The longest name of a target or of a collection, in bytes.
const LONGEST_NAME: usize = 255;

/// What is wrong with a request.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RequestNotValid {
    /// It has another version.
    #[error("its version {0} is not known")]
    Version(u32),
    /// It says that somebody else than its console vouches.
    #[error("its issuer `{0}` is not its console")]
    Issuer(String),
    /// It carries a proof, and nobody has signed it.
    #[error("`{0}` must be empty where the console vouches")]
    Proof(&'static str),
    /// It was signed, and lacks what a signed request carries.
    #[error("`{0}` is not what a signed request has there")]
    NoProof(&'static str),
    /// It does not say which rule of the collection the person saw.
    #[error("its collection has no version")]
    NoVersion,
    /// `TaskParam` is too long.
    #[error("`task_param` is longer than {LONGEST_PARAM} bytes")]
    ParamTooLong,
    /// `TaskParam` has characters that no device is given.
    #[error("`task_param` holds control characters")]
    ParamControl,
    /// There is no target.
    #[error("it has no target")]
    NoTarget,
    /// There are too many targets.
    #[error("it names more than {} devices; aim at a collection", Targets::MOST_DEVICES)]
    TooManyTargets,
    /// The targets are not sorted, or one is there twice.
    #[error("its targets are not sorted by id, or one is there twice")]
    TargetsNotSorted,
    /// A name is empty or too long.
    #[error("a target's name is empty or longer than {LONGEST_NAME} bytes")]
    TargetName,
    /// Its times contradict each other, or are too far apart.
    #[error("its `{0}` is not within a day after `iat`")]
    Times(&'static str),
    /// The device is given no time, or too much.
    #[error("`finish_within` is not between 1 and {LONGEST_FINISH_SECONDS} seconds")]
    Finish,
    /// It was made for another site.
    #[error("it is meant for the site {0}")]
    OtherSite(SiteId),
    /// It was made in the future.
    #[error("it was made at {iat}, and the site's clock says {now}")]
    FromTheFuture {
        /// When it says that it was made.
        iat: Timestamp,
        /// The site's time.
        now: Timestamp,
    },
    /// It came too late.
    #[error("it ended at {0}")]
    Expired(Timestamp),
}

impl Request {
    /// Checks a request that the console vouches for.
    pub(super) fn check_vouched(&self) -> Result<(), RequestNotValid> {
        let vouched = match self.token() {
            Some(token) => Request::vouched_for_token(self.console, token),
            None => Request::vouched_by(self.console),
        };
        if self.v == Request::VERSION && self.iss != vouched {
            return Err(RequestNotValid::Issuer(self.iss.chars().take(LONGEST_NAME).collect()));
        }
        for (name, proof) in [("idh", &self.idh), ("jkt", &self.jkt), ("site_nonce", &self.site_nonce)] {
            if !proof.is_empty() {
                return Err(RequestNotValid::Proof(name));
            }
        }
        self.check()
    }

    /// Checks a request that a person's key has signed. Whether the key is known, and the nonce the site's, only the site
    /// can say.
    pub(super) fn check_signed(&self) -> Result<(), RequestNotValid> {
        let by_token = self.iss.starts_with("https://") && self.idh.parse::<Hash>().is_ok();
        let paired = self.iss == Request::paired_at(self.site) && self.idh.is_empty();
        if self.iss.len() > LONGEST_ISSUER || !(by_token || paired) {
            return Err(RequestNotValid::NoProof("iss"));
        }
        if self.jkt.parse::<Thumbprint>().is_err() {
            return Err(RequestNotValid::NoProof("jkt"));
        }
        if self.site_nonce.parse::<SiteNonce>().is_err() {
            return Err(RequestNotValid::NoProof("site_nonce"));
        }
        if matches!(self.targets, Targets::Collection { version: 0, .. }) {
            return Err(RequestNotValid::NoVersion);
        }
        self.check()
    }

    /// Checks what can be checked without knowing who reads it and when.
    fn check(&self) -> Result<(), RequestNotValid> {
        if self.v != Request::VERSION {
            return Err(RequestNotValid::Version(self.v));
        }
        if self.params.task_param.len() > LONGEST_PARAM {
            return Err(RequestNotValid::ParamTooLong);
        }
        if self.params.task_param.contains(char::is_control) {
            return Err(RequestNotValid::ParamControl);
        }
        check_targets(&self.targets)?;
        for (name, end) in [("exp", self.exp), ("deliver_by", self.deliver_by)] {
            if end <= self.iat || end > self.iat.plus(Clocks::LONGEST_DELIVERY) {
                return Err(RequestNotValid::Times(name));
            }
        }
        if !(1..=LONGEST_FINISH_SECONDS).contains(&self.finish_within) {
            return Err(RequestNotValid::Finish);
        }
        Ok(())
    }

    /// Checks that the request is for this site and still valid at `now`.
    ///
    /// # Errors
    ///
    /// Says what is wrong.
    pub fn check_at(&self, site: SiteId, now: Timestamp) -> Result<(), RequestNotValid> {
        if self.site != site {
            return Err(RequestNotValid::OtherSite(self.site));
        }
        if self.iat > now.plus(CLOCKS_DIFFER_BY) {
            return Err(RequestNotValid::FromTheFuture { iat: self.iat, now });
        }
        for end in [self.exp, self.deliver_by] {
            if end < now {
                return Err(RequestNotValid::Expired(end));
            }
        }
        Ok(())
    }
}

fn check_targets(targets: &Targets) -> Result<(), RequestNotValid> {
    let is_name = |name: &str| (1..=LONGEST_NAME).contains(&name.len());
    match targets {
        Targets::Devices { devices } if devices.is_empty() => Err(RequestNotValid::NoTarget),
        Targets::Devices { devices } if devices.len() > Targets::MOST_DEVICES => {
            Err(RequestNotValid::TooManyTargets)
        }
        Targets::Devices { devices } if !devices.is_sorted_by(|a, b| a.device < b.device) => {
            Err(RequestNotValid::TargetsNotSorted)
        }
        Targets::Devices { devices } if devices.iter().any(|target| target.name.len() > LONGEST_NAME) => {
            Err(RequestNotValid::TargetName)
        }
        Targets::Collection { collection, .. } if !is_name(collection) => Err(RequestNotValid::TargetName),
        Targets::Collection { at_most: 0, .. } => Err(RequestNotValid::NoTarget),
        Targets::Devices { .. } | Targets::Collection { .. } => Ok(()),
    }
}
