//! Passwords: argon2id, at most a few at a time, and the same work for people who do not exist.

use std::{sync::Arc, time::Duration};

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};
use zeroize::Zeroizing;

use crate::problem::Refusal;

/// What a hash costs: 19 MiB and two passes, the least that OWASP recommends for argon2id.
const MEMORY_KIB: u32 = 19 << 10;
const PASSES: u32 = 2;

/// The most hashes at a time: they take 19 MiB and a core each.
const AT_A_TIME: usize = 2;

/// How long a sign-in waits for its turn; after that it is told to come back.
const PATIENCE: Duration = Duration::from_secs(10);

/// The shortest password, in characters, as NIST SP 800-63B counts.
pub(crate) const SHORTEST: usize = 12;

/// The longest password, in bytes: longer than any passphrase, short enough to hash.
const LONGEST: usize = 1024;

/// Hashes passwords and checks them.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    /// A hash of a password that nobody has.
    nobody: Arc<str>,
}

impl Passwords {
    /// Makes it; hashes once.
    pub(crate) fn new() -> Result<Self, Refusal> {
        let nobody = hash(&service::dice::bytes::<16>())?.into();
        Ok(Self { places: Arc::new(Semaphore::new(AT_A_TIME)), nobody })
    }

    /// Hashes a password that has been checked.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Refusal> {
        let password = Zeroizing::new(password.as_bytes().to_vec());
        self.work(move || hash(&password)).await?
    }

    /// Returns whether `password` is the one of `hash`. Without a hash the answer is no, after the same work.
    pub(crate) async fn matches(&self, password: &str, hash: Option<&str>) -> Result<bool, Refusal> {
        let exists = hash.is_some();
        let hash = hash.map_or_else(|| self.nobody.to_string(), str::to_owned);
        // What is longer than any password is no password; the work is done with a part of it.
        let fits = password.len() <= LONGEST;
        let end = password.len().min(LONGEST);
        let password = Zeroizing::new(password.as_bytes()[..end].to_vec());
        let work =
            move || -> Result<bool, Refusal> { Ok(hasher()?.verify_password(&password, &*hash).is_ok()) };
        let same = self.work(work).await??;
        Ok(same && exists && fits)
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let Ok(Ok(place)) = timeout(PATIENCE, Arc::clone(&self.places).acquire_owned()).await else {
            return Err(Refusal::too_many("Too many people are signing in at this moment.", 10));
        };
        let done = spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.map_err(|error| Refusal::internal(format!("hashing a password failed: {error}")))
    }
}

/// Checks that a new password may be used.
pub(crate) fn check(field: &str, password: &str, name: &str) -> Result<(), Refusal> {
    let detail = if password.chars().count() < SHORTEST {
        format!("The password is shorter than {SHORTEST} characters.")
    } else if password.len() > LONGEST {
        format!("The password is longer than {LONGEST} bytes.")
    } else if password.to_lowercase() == name.to_lowercase() {
        "The password is the sign-in name.".to_owned()
    } else {
        return Ok(());
    };
    Err(Refusal::not_valid(
        field,
        detail,
        format!("Choose {SHORTEST} characters or more that nobody guesses."),
    ))
}

fn hasher() -> Result<Argon2<'static>, Refusal> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)
        .map_err(|error| Refusal::internal(format!("argon2 refuses its parameters: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8]) -> Result<String, Refusal> {
    let salt = service::dice::bytes::<16>();
    hasher()?
        .hash_password_with_salt(password, &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| Refusal::internal(format!("argon2 failed: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let passwords = Passwords::new().expect("argon2 works");
        let hash = passwords.hash("correct horse battery").await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        for (password, hash, expected) in [
            ("correct horse battery", Some(&*hash), true),
            ("correct horse batterx", Some(&*hash), false),
            ("correct horse battery", None, false),
            ("correct horse battery", Some("no hash"), false),
        ] {
            assert_eq!(passwords.matches(password, hash).await.expect("checked"), expected, "{password}");
        }
        let long = format!("{}{}", "x".repeat(LONGEST), "y");
        let hash = passwords.hash(&long[..LONGEST]).await.expect("a hash");
        assert!(!passwords.matches(&long, Some(&hash)).await.expect("checked"), "a part is not the whole");
    }

    #[test]
    fn a_weak_password_is_refused() {
        assert!(check("password", "short", "ann").is_err());
        assert!(check("password", "Ann-The-Admin", "ann-the-admin").is_err());
        assert!(check("password", &"x".repeat(LONGEST + 1), "ann").is_err());
        assert!(check("password", "correct horse battery", "ann").is_ok());
    }
}
