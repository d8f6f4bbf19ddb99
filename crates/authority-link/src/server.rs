//! The authority's end of a connection: who speaks, and whether they may ask this.

use std::collections::BTreeSet;

use crate::{Answer, Call, FACTS_PAGE, MOST_ONLINE, NotUnderstood, PAGE, Role, decode_call};

/// The longest text of a device's facts, in bytes.
const LONGEST_FACT: usize = 255;

/// A connection whose caller has not said which role it speaks for.
#[derive(Clone, Debug)]
pub struct AwaitIntroduction {
    allowed: BTreeSet<Role>,
}

/// A connection whose caller speaks for a role.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Introduced {
    role: Role,
}

/// Why a frame is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refused {
    /// It is no call.
    #[error(transparent)]
    NotUnderstood(#[from] NotUnderstood),
    /// It comes before the introduction.
    #[error("`{call}` before the introduction")]
    NotIntroduced {
        /// The call.
        call: &'static str,
    },
    /// The connection's credentials are not those of the role.
    #[error("this connection may not speak for the role {}", .role.name())]
    NotThatRole {
        /// The role.
        role: Role,
    },
    /// The caller has introduced itself already.
    #[error("a second introduction")]
    SecondIntroduction,
    /// The call is not one of the caller's role.
    #[error("the role {} may not call `{call}`", .role.name())]
    NotForRole {
        /// The call.
        call: &'static str,
        /// The role.
        role: Role,
    },
    /// The call carries more than one message may.
    #[error("`{call}` carries {count} entries, where at most {limit} are taken")]
    TooMany {
        /// The call.
        call: &'static str,
        /// How many there are.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// A fact is longer than it may be.
    #[error("`put_facts` carries a text of more than {LONGEST_FACT} bytes")]
    FactTooLong,
}

/// A frame that is refused, and what becomes of the connection.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// Why.
    pub why: Refused,
    /// The number of the call, where it could be read: its caller is answered.
    pub number: Option<u64>,
    /// Whether the connection ends.
    pub closes: bool,
}

impl AwaitIntroduction {
    /// Begins a connection whose credentials are those of the `allowed` roles.
    pub fn new(allowed: BTreeSet<Role>) -> Self {
        Self { allowed }
    }

    /// Takes the first frame: nothing but an introduction. Returns the number to answer.
    ///
    /// # Errors
    ///
    /// Says why it is refused; the connection ends.
    pub fn on_frame(self, frame: &[u8]) -> Result<(Introduced, u64), Refusal> {
        let (number, call) = decode_call(frame).map_err(Refusal::unreadable)?;
        let why = match call {
            Call::Introduce { role } if self.allowed.contains(&role) => {
                return Ok((Introduced { role }, number));
            }
            Call::Introduce { role } => Refused::NotThatRole { role },
            call => Refused::NotIntroduced { call: call.name() },
        };
        Err(Refusal { why, number: Some(number), closes: true })
    }
}

impl Introduced {
    /// Returns the role that the caller speaks for.
    pub fn role(self) -> Role {
        self.role
    }

    /// Takes a frame: a call of the caller's role. Returns the number to answer.
    ///
    /// # Errors
    ///
    /// Says why it is refused, and whether the connection ends.
    pub fn on_frame(self, frame: &[u8]) -> Result<(u64, Call), Refusal> {
        let (number, call) = decode_call(frame).map_err(Refusal::unreadable)?;
        match self.check(&call) {
            Ok(()) => Ok((number, call)),
            Err(why) => {
                let closes = why == Refused::SecondIntroduction;
                Err(Refusal { why, number: Some(number), closes })
            }
        }
    }

    fn check(self, call: &Call) -> Result<(), Refused> {
        let (name, role) = (call.name(), self.role);
        if let Call::Introduce { .. } = call {
            return Err(Refused::SecondIntroduction);
        }
        if !call.callers().contains(&role) {
            return Err(Refused::NotForRole { call: name, role });
        }
        let (count, limit) = match call {
            Call::Release { devices, .. } => (devices.len(), PAGE),
            Call::DryRun { online, .. } => (online.len(), MOST_ONLINE),
            Call::Targets { limit, .. } => (usize::try_from(*limit).unwrap_or(usize::MAX), PAGE),
            Call::PutFacts { facts } => (facts.len(), FACTS_PAGE),
            _ => (0, 0),
        };
        if count > limit {
            return Err(Refused::TooMany { call: name, count, limit });
        }
        let fits = |facts: &crate::Facts| facts.texts().iter().all(|text| text.len() <= LONGEST_FACT);
        let fit = match call {
            Call::PutFacts { facts } => facts.iter().all(|(_, facts)| fits(facts)),
            Call::Enrol { facts, .. } => fits(facts),
            _ => true,
        };
        if fit { Ok(()) } else { Err(Refused::FactTooLong) }
    }
}

impl Refused {
    /// Returns the refusal's name, for counters.
    pub fn name(&self) -> &'static str {
        match self {
            Refused::NotUnderstood(_) => "not_understood",
            Refused::NotIntroduced { .. } => "not_introduced",
            Refused::NotThatRole { .. } => "not_that_role",
            Refused::SecondIntroduction => "second_introduction",
            Refused::NotForRole { .. } => "not_for_role",
            Refused::TooMany { .. } => "too_many",
            Refused::FactTooLong => "fact_too_long",
        }
    }
}

impl Refusal {
    /// Returns the answer to the caller, with its number; `None` where there is nobody to answer.
    pub fn answer(&self) -> Option<(u64, Answer)> {
        let what = self.why.to_string();
        self.number.map(|number| (number, Answer::Failed { what, transient: false }))
    }

    fn unreadable(why: NotUnderstood) -> Self {
        Self { why: why.into(), number: None, closes: true }
    }
}
