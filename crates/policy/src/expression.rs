//! Texts in square brackets: DSC's expressions. A document is evaluated whole where it is parsed, so that a function
//! that is not understood is refused where the document is put, and not on a device.

mod syntax;
mod evaluate;
#[cfg(test)]
mod tests;

pub(crate) use evaluate::{Scope, evaluated, template};

/// The functions that an expression may call.
pub const FUNCTIONS: [&str; 6] = ["concat", "createArray", "envvar", "parameters", "resourceId", "variables"];

/// The variables of the environment that `envvar` may read: those that differ from user to user. Everything else of an
/// environment is an accident of how the agent was started.
pub const ENVIRONMENT: [&str; 4] = ["HOME", "LOGNAME", "SHELL", "USER"];

/// What `envvar` reads, for one account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Environment {
    /// The account's name.
    pub user: String,
    /// Its home folder.
    pub home: String,
    /// Its shell.
    pub shell: String,
}

impl Environment {
    /// An account that stands for any other, to check a document that no account is to apply yet.
    pub fn stand_in() -> Self {
        Self { user: "user".to_owned(), home: "/home/user".to_owned(), shell: "/bin/sh".to_owned() }
    }

    /// The account of machine policy.
    pub fn root() -> Self {
        Self { user: "root".to_owned(), home: "/root".to_owned(), shell: "/bin/sh".to_owned() }
    }

    fn variable(&self, name: &str) -> Option<&str> {
        match name {
            "HOME" => Some(&self.home),
            "LOGNAME" | "USER" => Some(&self.user),
            "SHELL" => Some(&self.shell),
            _ => None,
        }
    }
}
