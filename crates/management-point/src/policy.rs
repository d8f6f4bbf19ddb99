//! Gives a device its manifest, and documents by their hash.

use management_link::{Answer, LARGEST_DOCUMENT, Refusal};
use proof::Hash;
use service::clock;

use crate::{admit::Caller, authority::AuthorityError, point::Point};

impl Point {
    /// Returns the manifest of the device that calls. It is asked for anew each time: the agent that was told to sync
    /// must see the policy that its administrator has just stored.
    pub(crate) async fn manifest(&self, who: &Caller) -> Result<Answer, Refusal> {
        let device = who.device;
        match self.authority.manifest(device).await {
            Ok(manifest) => {
                self.log.info(format_args!("Sent the policy assignments of client {device}."));
                Ok(Answer::Manifest(manifest))
            }
            Err(AuthorityError::Denied { reason }) => {
                self.log.warn(format_args!("Refused the policy assignments of client {device}: {reason}"));
                Err(Refusal::certificate_refused())
            }
            Err(error) => {
                Err(self.unavailable(&format!("get the policy assignments of client {device}"), &error))
            }
        }
    }

    /// Returns a document: from the site's store, else from the authority, which it is then kept of.
    pub(crate) async fn document(&self, sha256: [u8; 32]) -> Result<Answer, Refusal> {
        let wanted = Hash(sha256);
        let name = hex::encode(sha256);
        match self.store.content(&name).await {
            // What is kept is compared each time: a store that was tampered with or has rotted is not passed on.
            Ok(Some(document)) if Hash::of(&document) == wanted => return Ok(Answer::Document(document)),
            Ok(Some(_)) => {
                self.log.error(format_args!("The stored document {name} is not what it was; asking for it."))
            }
            Ok(None) => {}
            Err(error) => return Err(self.not_stored(&format!("read the document {name}"), &error)),
        }

        let document = match self.authority.document(name.clone()).await {
            Ok(document) => document.into_bytes(),
            Err(AuthorityError::Denied { .. } | AuthorityError::Failed { transient: false, .. }) => {
                return Err(Refusal::document_unknown());
            }
            Err(error) => return Err(self.unavailable(&format!("get the document {name}"), &error)),
        };
        if Hash::of(&document) != wanted || document.len() > LARGEST_DOCUMENT {
            self.log.error(format_args!(
                "The authority gave another document than {name}, or one that is too large."
            ));
            return Err(Refusal::document_unknown());
        }
        // The answer does not depend on it: the next device asks the authority again.
        if let Err(error) = self.store.put_content(&name, &document, clock::now()).await {
            self.not_stored(&format!("keep the document {name}"), &error);
        }

        Ok(Answer::Document(document))
    }
}
