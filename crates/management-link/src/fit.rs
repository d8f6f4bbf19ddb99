//! What fits the wire: the management point refuses what does not, the agent's end cuts it beforehand.

use crate::{
    Call, ComplianceReport, Details, Discovery, EnrolRequest, LARGEST_BODY, LONGEST_CSR, LONGEST_DETAIL,
    LONGEST_DETAIL_ENTRY, LONGEST_FACT, LONGEST_NAME, LONGEST_TOKEN_PART, MOST_DETAILS, MOST_RESOURCES,
    Omitted, ResourceReport, ResourceStatus, StateMessage,
};

/// What is wrong with a body.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotValid {
    /// It is no JSON of the call's shape.
    #[error("{what} at line {line}, column {column}")]
    Json {
        /// What was expected. Repeats nothing of the body but names of members.
        what: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A text is too long.
    #[error("`{member}` is longer than {limit} bytes")]
    TooLong {
        /// The member.
        member: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A text that must say something is empty.
    #[error("`{member}` is empty")]
    Empty {
        /// The member.
        member: &'static str,
    },
    /// A text holds control characters.
    #[error("`{member}` holds control characters")]
    ControlCharacter {
        /// The member.
        member: &'static str,
    },
    /// A number is out of its bounds.
    #[error("`{member}` is not between {from} and {to}")]
    OutOfBounds {
        /// The member.
        member: &'static str,
        /// The lowest.
        from: u32,
        /// The highest.
        to: u32,
    },
    /// A list is too long.
    #[error("`{member}` has more than {limit} entries")]
    TooMany {
        /// The member.
        member: &'static str,
        /// The limit.
        limit: usize,
    },
}

/// What a text may hold.
#[derive(Clone, Copy)]
pub(crate) enum Text {
    /// One line.
    Line,
    /// Several lines.
    Lines,
}

impl NotValid {
    /// Says where JSON is wrong without repeating any of it: the body may hold a secret.
    pub(crate) fn json(error: &serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Data => "a member is missing, repeated or of the wrong kind",
            serde_json::error::Category::Eof => "it ends too early",
            serde_json::error::Category::Io | serde_json::error::Category::Syntax => "it is not JSON",
        };
        NotValid::Json { what, line: error.line(), column: error.column() }
    }
}

impl Call {
    /// Checks lengths and characters of everything that a device sends.
    pub(crate) fn check(&self) -> Result<(), NotValid> {
        match self {
            Call::Enrol(request) => {
                check("token", &request.token, LONGEST_TOKEN_PART, Text::Line)?;
                check("secret", &request.secret, LONGEST_TOKEN_PART, Text::Line)?;
                check("csr", &request.csr, LONGEST_CSR, Text::Lines)?;
                request.discovery.check()
            }
            Call::Renew(request) => check("csr", &request.csr, LONGEST_CSR, Text::Lines),
            Call::State(StateMessage::Discovery(discovery)) => discovery.check(),
            Call::State(StateMessage::Compliance(report)) => report.check(),
            Call::State(StateMessage::Applications(report)) => report.check(),
            Call::State(StateMessage::Logs(part)) => part.check(),
            Call::Trust | Call::Manifest | Call::Document { .. } | Call::Content { .. } | Call::Time => {
                Ok(())
            }
        }
    }
}

impl Discovery {
    fn check(&self) -> Result<(), NotValid> {
        if self.name.is_empty() {
            return Err(NotValid::Empty { member: "name" });
        }
        let texts = [
            ("name", &self.name),
            ("os", &self.os),
            ("os_version", &self.os_version),
            ("architecture", &self.architecture),
            ("client_version", &self.client_version),
            ("hardware", &self.hardware),
        ];
        texts.into_iter().try_for_each(|(member, text)| check(member, text, LONGEST_FACT, Text::Line))?;
        self.details.check()
    }

    /// Returns it as it fits the wire.
    pub fn fitted(&self) -> Self {
        let fact = |text: &str| cut(text, LONGEST_FACT, Text::Line);
        // A host without a name must be seen all the same.
        let name = if self.name.is_empty() { "unnamed".to_owned() } else { fact(&self.name) };
        Self {
            name,
            os: fact(&self.os),
            os_version: fact(&self.os_version),
            architecture: fact(&self.architecture),
            client_version: fact(&self.client_version),
            hardware: fact(&self.hardware),
            details: self.details.fitted(),
        }
    }
}

impl Details {
    fn check(&self) -> Result<(), NotValid> {
        check("user", &self.user, LONGEST_FACT, Text::Line)?;
        check("serial", &self.serial, LONGEST_FACT, Text::Line)?;
        for (member, entries) in [("addresses", &self.addresses), ("tags", &self.tags)] {
            if entries.len() > MOST_DETAILS {
                return Err(NotValid::TooMany { member, limit: MOST_DETAILS });
            }
            entries.iter().try_for_each(|entry| check(member, entry, LONGEST_DETAIL_ENTRY, Text::Line))?;
        }
        Ok(())
    }

    fn fitted(&self) -> Self {
        let entries = |entries: &[String]| {
            let cut =
                entries.iter().take(MOST_DETAILS).map(|entry| cut(entry, LONGEST_DETAIL_ENTRY, Text::Line));
            cut.collect()
        };
        Self {
            user: cut(&self.user, LONGEST_FACT, Text::Line),
            serial: cut(&self.serial, LONGEST_FACT, Text::Line),
            addresses: entries(&self.addresses),
            tags: entries(&self.tags),
        }
    }
}

impl EnrolRequest {
    /// Returns it as it fits the wire; token and request for a certificate are left as they are.
    pub fn fitted(&self) -> Self {
        Self { discovery: self.discovery.fitted(), ..self.clone() }
    }
}

impl StateMessage {
    /// Returns it as it fits the wire.
    pub fn fitted(&self) -> Self {
        match self {
            StateMessage::Discovery(discovery) => StateMessage::Discovery(discovery.fitted()),
            StateMessage::Compliance(report) => StateMessage::Compliance(report.fitted()),
            StateMessage::Applications(report) => StateMessage::Applications(report.fitted()),
            // Whoever makes the parts makes them fit.
            StateMessage::Logs(part) => StateMessage::Logs(part.clone()),
        }
    }
}

/// Bytes of a report that are not its resources, generously.
const AROUND_RESOURCES: usize = 1 << 10;

impl ComplianceReport {
    fn check(&self) -> Result<(), NotValid> {
        if self.resources.len() > MOST_RESOURCES {
            return Err(NotValid::TooMany { member: "resources", limit: MOST_RESOURCES });
        }
        self.resources.iter().try_for_each(|resource| {
            check("policy", &resource.policy, LONGEST_NAME, Text::Line)?;
            check("resource", &resource.resource, LONGEST_NAME, Text::Line)?;
            check("kind", &resource.kind, LONGEST_NAME, Text::Line)?;
            check("detail", &resource.detail, LONGEST_DETAIL, Text::Lines)
        })
    }

    /// Returns it as it fits the wire: what failed comes first, and what finds no room is counted.
    pub fn fitted(&self) -> Self {
        let mut resources: Vec<_> = self.resources.iter().map(ResourceReport::fitted).collect();
        resources.sort_by_key(|resource| match resource.status {
            ResourceStatus::Failed => 0,
            ResourceStatus::Skipped => 1,
            ResourceStatus::Changed => 2,
            ResourceStatus::Compliant => 3,
            ResourceStatus::NotApplicable => 4,
        });

        let mut fitted = Self { resources: Vec::new(), ..self.clone() };
        let mut room = LARGEST_BODY - AROUND_RESOURCES;
        for resource in resources {
            let size = serde_json::to_vec(&resource).map_or(usize::MAX, |text| text.len() + 1);
            if size <= room && fitted.resources.len() < MOST_RESOURCES {
                room -= size;
                fitted.resources.push(resource);
            } else {
                fitted.omitted.count(resource.status);
            }
        }

        fitted
    }

    /// Returns how many resources are in their desired state, and how many there are that apply to the device.
    pub fn compliant_of_total(&self) -> (u32, u32) {
        let mut counts = self.omitted;
        self.resources.iter().for_each(|resource| counts.count(resource.status));
        let compliant = counts.compliant.saturating_add(counts.changed);

        (compliant, compliant.saturating_add(counts.failed).saturating_add(counts.skipped))
    }
}

impl Omitted {
    fn count(&mut self, status: ResourceStatus) {
        let counter = match status {
            ResourceStatus::Compliant => &mut self.compliant,
            ResourceStatus::Changed => &mut self.changed,
            ResourceStatus::Failed => &mut self.failed,
            ResourceStatus::Skipped => &mut self.skipped,
            ResourceStatus::NotApplicable => &mut self.not_applicable,
        };
        *counter = counter.saturating_add(1);
    }
}

impl ResourceReport {
    fn fitted(&self) -> Self {
        let name = |text: &str| cut(text, LONGEST_NAME, Text::Line);
        Self {
            policy: name(&self.policy),
            resource: name(&self.resource),
            kind: name(&self.kind),
            status: self.status,
            detail: cut(&self.detail, LONGEST_DETAIL, Text::Lines),
        }
    }
}

impl Text {
    fn takes(self, c: char) -> bool {
        match self {
            Text::Line => !c.is_control(),
            Text::Lines => !c.is_control() || matches!(c, '\n' | '\r' | '\t'),
        }
    }
}

pub(crate) fn check(member: &'static str, text: &str, limit: usize, kind: Text) -> Result<(), NotValid> {
    if text.len() > limit {
        return Err(NotValid::TooLong { member, limit });
    }
    if !text.chars().all(|c| kind.takes(c)) {
        return Err(NotValid::ControlCharacter { member });
    }

    Ok(())
}

/// Returns the start of `text` that fits `limit` bytes, a space for each character that `kind` does not take.
pub(crate) fn cut(text: &str, limit: usize, kind: Text) -> String {
    let mut cut = String::with_capacity(text.len().min(limit));
    for c in text.chars().map(|c| if kind.takes(c) { c } else { ' ' }) {
        if cut.len() + c.len_utf8() > limit {
            break;
        }
        cut.push(c);
    }

    cut
}
