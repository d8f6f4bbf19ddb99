//! Credentials: takes a newer trust document, and renews the certificate after two thirds of its life.

use action::Timestamp;
use device_channel::ReturnCode;
use management_link::{Answer, Call, EnrolAnswer, RenewRequest, path};
use proof::{NotSigned, Trusted, trust_document::NotAccepted};
use service::error::Chain;

use super::{Order, Report};
use crate::{
    credentials::{Credentials, CredentialsError},
    desk::Outcome,
    enrol,
    identity::{self, Identity, IdentityError},
    management::{ManagementError, Place, Session},
    schedule::{Ended, Work},
};

/// Why credentials were not refreshed.
#[derive(Debug, thiserror::Error)]
enum RefreshError {
    #[error("failed to ask the management point")]
    Management(#[from] ManagementError),
    #[error("the trust document that came is not signed by the site's root key")]
    NotSigned(#[from] NotSigned),
    #[error(transparent)]
    NotAccepted(#[from] NotAccepted),
    #[error(transparent)]
    Keep(#[from] IdentityError),
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    #[error("the certificate that came is that of another device")]
    OtherDevice,
    #[error("the servers' certificates are not of the site's CA, and no newer trust document names theirs")]
    NothingNewer,
}

pub(super) async fn run(order: &Order) -> Report {
    match refresh(order).await {
        Ok(fresh) => {
            let outcome = Outcome { code: ReturnCode::SUCCESS, detail: String::new(), ended: Ended::Well };
            let site_time = fresh.trust.issued_at;
            Report {
                site_time: Some(site_time),
                credentials: Some(Box::new(fresh)),
                ..Report::new(Work::Credentials, outcome)
            }
        }
        Err(error) => {
            let text = Chain(&error).to_string();
            order.log.warn(format!("Failed to refresh the trust document or the certificate: {text}"));
            Report::failed(Work::Credentials, text)
        }
    }
}

async fn refresh(order: &Order) -> Result<Credentials, RefreshError> {
    let current = &order.credentials;
    match current.management().await {
        Ok(session) => refresh_over(order, current, session).await,
        Err(error) if error.is_distrust() => {
            let fresh = believe_again(order, current).await?;
            let session = fresh.management().await?;
            refresh_over(order, &fresh, session).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes a newer trust document from whoever answers where the management points are: the site's CA may be another by now,
/// and the document proves itself. Nothing secret is sent.
async fn believe_again(order: &Order, current: &Credentials) -> Result<Credentials, RefreshError> {
    let mut last = RefreshError::NothingNewer;
    for url in current.management_urls() {
        let offered = async {
            let text = enrol::trust_document(&Place::of(url)?, current.reach.proxy.clone()).await?;
            let mut identity = current.identity.clone();
            take_trust(&mut identity, &text, current, order.trusted)?;
            Ok(identity)
        };
        match offered.await {
            Ok(identity) if identity.trust == current.identity.trust => {}
            Ok(identity) => {
                let fresh = Credentials::of(identity, current.reach.proxy.clone())?;
                fresh.identity.store(&order.folder)?;
                order.log.info(format!(
                    "The site's servers show certificates of a new CA; version {} of the trust document names it",
                    fresh.trust.version
                ));
                return Ok(fresh);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn refresh_over(
    order: &Order,
    current: &Credentials,
    mut session: Session,
) -> Result<Credentials, RefreshError> {
    let text = match session.call(&Call::Trust).await? {
        Answer::Trust(text) => text,
        _ => return Err(ManagementError::Mixed(path::TRUST).into()),
    };
    let mut identity = current.identity.clone();
    take_trust(&mut identity, &text, current, order.trusted)?;

    let now = service::clock::now();
    if current.identity.renew_at() <= now {
        let answer = renew(order, &mut session).await?;
        order.log.info(format!("Renewed the certificate; it ends on {}", order.log.moment(answer.not_after)));
        identity = renewed(identity, &answer, order, now)?;
    }
    if identity == current.identity {
        return Ok(current.clone());
    }
    let fresh = Credentials::of(identity, current.reach.proxy.clone())?;
    fresh.identity.store(&order.folder)?;
    Ok(fresh)
}

fn take_trust(
    identity: &mut Identity,
    text: &str,
    current: &Credentials,
    trusted: Timestamp,
) -> Result<(), RefreshError> {
    let offered = Trusted::verify(text, identity.root)?;
    let root = offered.root();
    offered.accept(Some(&current.trust), trusted)?;
    identity.trust = text.to_owned();
    identity.root = root;
    Ok(())
}

async fn renew(order: &Order, session: &mut Session) -> Result<EnrolAnswer, RefreshError> {
    let key = identity::pending_key(&order.folder, service::tls::key_and_csr)?;
    match session.call(&Call::Renew(RenewRequest { csr: key.csr_pem })).await? {
        Answer::Enrolled(answer) => Ok(answer),
        _ => Err(ManagementError::Mixed(path::RENEW).into()),
    }
}

fn renewed(
    identity: Identity,
    answer: &EnrolAnswer,
    order: &Order,
    now: Timestamp,
) -> Result<Identity, RefreshError> {
    if answer.device != identity.device {
        return Err(RefreshError::OtherDevice);
    }
    let key = identity::pending_key(&order.folder, service::tls::key_and_csr)?;
    let trusted = Trusted::verify(&identity.trust, identity.root)?;
    let fresh = Identity::new(&identity.management_url, &trusted, &key.key_pem, answer, now);
    Ok(Identity { trust: identity.trust, ..fresh })
}
