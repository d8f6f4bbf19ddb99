//! Asks for actions, signed as an administrator signs, and waits for what becomes of them.

use action::{OfflinePolicy, State, TaskGuid, UserId};
use console_api::{Action, Client, Device, Draft, Kind, NewAction, NewTarget, SignedActions, Signer};
use proof::{Hash, Level, PersonSigningKey, pairing::PairingCode};
use tokio::time::Instant;

use crate::{
    Site, World, eventually,
    world::{LOOK_EVERY, PATIENCE},
};

impl World {
    /// Asks for an action on a device, which waits where the device is away.
    pub async fn ask(&self, kind: action::ActionKind, device: &Device) -> TaskGuid {
        let new = NewAction {
            kind: Kind(kind),
            target: NewTarget::Device { device: device.id },
            param: String::new(),
            deliver_by: None,
            finish_within_seconds: None,
            offline: Some(OfflinePolicy::Queue),
            task_guid: None,
        };
        self.ask_signed(&new).await
    }

    /// Asks for an action with a request that the administrator signs.
    pub async fn ask_signed(&self, new: &NewAction) -> TaskGuid {
        let signed = self.signed(new).await;
        let key = uuid::Uuid::new_v4().to_string();
        let asked = self.client.create_signed(&signed, &key).await.expect("the console takes the action");
        asked.actions[0].task_guid
    }

    /// Signs an action for the site, as the administrator.
    pub async fn signed(&self, new: &NewAction) -> SignedActions {
        let draft = self.draft(new).await;
        let id = new.task_guid.unwrap_or_else(|| TaskGuid(uuid::Uuid::new_v4()));
        let signed = self.signer.sign(&draft, new, id, service::clock::now()).expect("signed");
        SignedActions { requests: vec![String::from_utf8(signed.encode()).expect("text")] }
    }

    /// Has the console draft an action for the site, once the site has sent a nonce.
    pub async fn draft(&self, new: &NewAction) -> Draft {
        eventually("a draft with a nonce", async || {
            let drafts = self.client.draft_action(new).await.ok()?.drafts;
            drafts.into_iter().next().filter(|draft| draft.site_nonce.is_some())
        })
        .await
    }

    /// Has the site know a new key of a person who is signed in with `client`.
    pub async fn pair(&self, client: &Client, user: UserId, level: Level) -> Signer {
        pair(client, &self.site, user, level).await
    }

    /// Waits until an action has ended for all its targets.
    pub async fn ended(&self, task_guid: TaskGuid) -> Action {
        self.action_that(task_guid, "ended", |action| {
            action.state.is_concluded() && action.concluded == action.total
        })
        .await
    }

    /// Waits until an action is in a state.
    pub async fn reached(&self, task_guid: TaskGuid, state: State) -> Action {
        self.action_that(task_guid, state.name(), |action| action.state == state).await
    }

    /// Waits until an action says what it waits for.
    pub async fn waits(&self, task_guid: TaskGuid) -> Action {
        self.action_that(task_guid, "waiting for something", |action| action.why.is_some()).await
    }

    async fn action_that(&self, task_guid: TaskGuid, what: &str, wanted: impl Fn(&Action) -> bool) -> Action {
        let mut last = None;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(action) = self.client.action(task_guid).await {
                if wanted(&action) {
                    return action;
                }
                last = Some(action);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        panic!("the action {task_guid} is not {what} after {} s; it is {last:#?}", PATIENCE.as_secs());
    }
}

/// Has a site know a new key of a person who is signed in with `client`.
pub(crate) async fn pair(client: &Client, site: &Site, user: UserId, level: Level) -> Signer {
    let user = user.to_string();
    let code = site.tenon(&["site", "pair", "--user", &user, "--name", "ann", "--level", level.name()]);
    let code: PairingCode = code.trim().parse().expect("a pairing code");
    let id = eventually("the site's link", async || {
        client.sites().await.ok()?.into_iter().find(|site| site.link.up).map(|site| site.id)
    })
    .await;
    // The link by which an attachment is proved ends before that of the connector begins.
    eventually("a key that is paired", async || {
        let key = PersonSigningKey::from_secret(&service::dice::bytes()).expect("a key");
        let (rc, now) = (Hash(service::dice::bytes()), service::clock::now());
        client.pair_key(id, &code, level, key, rc, now).await.ok()
    })
    .await
    .0
}
