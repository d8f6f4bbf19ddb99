//! Which provider a console is believed to have: the one that it named first, unless the person says otherwise.
//!
//! A console that names another one could send the person to a page that looks like theirs.

use crate::{
    exit::{self, Stop},
    print,
    session::Session,
};

/// Returns the provider to sign in at.
pub(super) fn checked(url: &str, named: String, wanted: Option<String>) -> anyhow::Result<String> {
    let known = Session::read()?.filter(|session| session.url == url).and_then(|session| session.issuer);
    decide(named, known, wanted)
}

/// Keeps the provider with the session.
pub(super) fn remember(issuer: &str) -> anyhow::Result<()> {
    match Session::read()? {
        Some(session) => Session { issuer: Some(issuer.to_owned()), ..session }.write(),
        None => Ok(()),
    }
}

fn decide(named: String, known: Option<String>, wanted: Option<String>) -> anyhow::Result<String> {
    match (wanted, known) {
        (Some(wanted), _) => Ok(wanted),
        (None, Some(known)) if known != named => {
            let named = print::clean(&named);
            let told = format!("the console names another provider than before: {named} instead of {known}");
            let fix = format!("if your administrator has changed it: `tenon login --issuer {named}`");
            Err(Stop::error(exit::REFUSED, told, fix))
        }
        (None, _) => Ok(named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_console_does_not_choose_another_provider_silently() {
        for (named, known, wanted, expected) in [
            ("a", None, None, Some("a")),
            ("a", Some("a"), None, Some("a")),
            ("b", Some("a"), None, None),
            ("b", Some("a"), Some("b"), Some("b")),
            ("b", None, Some("a"), Some("a")),
        ] {
            let decided = decide(named.into(), known.map(str::to_owned), wanted.map(str::to_owned));
            assert_eq!(decided.ok().as_deref(), expected, "{named} {known:?} {wanted:?}");
        }
    }
}
