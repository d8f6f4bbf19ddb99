//! How a person whom a provider names is known here: by an id that everybody makes alike.

use action::UserId;
use uuid::Uuid;

/// The claim of Microsoft Entra that is an id already.
const OBJECT_ID: &str = "oid";

/// Returns the id of the person whom `issuer` names `subject` by the claim `claim`: an object id as it is, else the UUID
/// (version 5) of issuer and subject.
///
/// An object id is random (version 4), so that no issuer can name one that was made of another issuer's person.
pub fn person_of(issuer: &str, claim: &str, subject: &str) -> UserId {
    let object = Uuid::try_parse(subject).ok().filter(|id| id.get_version_num() == 4);
    if let (OBJECT_ID, Some(id)) = (claim, object) {
        return UserId(id);
    }
    // An issuer is an address, and holds no space.
    UserId(Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{issuer} {subject}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_one_id_at_an_issuer() {
        let object = "8a6f9f6d-0f5e-4c39-9a55-6f3c6f0a1c2d";
        let of = |issuer, claim, subject| person_of(issuer, claim, subject).to_string();
        assert_eq!(of("https://a.example", "oid", object), object);
        let made = of("https://a.example", "sub", "4711");
        assert_eq!(made, of("https://a.example", "sub", "4711"));
        for other in [
            of("https://b.example", "sub", "4711"),
            of("https://a.example", "sub", "4712"),
            of("https://a.example", "sub", object),
        ] {
            assert_ne!(made, other);
        }
        assert_ne!(of("https://b.example", "oid", &made), made, "an id that was made is no object id");
    }
}
