//! The targets: one line for each decoder.

mod device_channel;
mod logs;
mod management;
mod people;
mod site_authority;
mod site_link;

/// A decoder that is thrown bytes at. Its corpus is `fuzz/corpus/<name>/`, one file for each input.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The target's name.
    pub name: &'static str,
    /// Decodes; may refuse, must not panic.
    pub run: fn(&[u8]),
}

/// All targets, in the order of the crates that they come from.
pub const TARGETS: &[Target] = &[
    Target { name: "timestamp", run: timestamp },
    Target { name: "filter", run: management::filter },
    Target { name: "management_call", run: management::call },
    Target { name: "management_answer", run: management::answer },
    Target { name: "site_link_handshake", run: site_link::handshake },
    Target { name: "site_link_attach", run: site_link::attach },
    Target { name: "site_link_frame", run: site_link::frame },
    Target { name: "site_link_message", run: site_link::message },
    Target { name: "device_to_server", run: device_channel::to_server },
    Target { name: "device_to_agent", run: device_channel::to_agent },
    Target { name: "device_frames", run: device_channel::frames },
    Target { name: "log_of_a_client", run: logs::client },
    Target { name: "log_of_a_server", run: logs::server },
    Target { name: "policy_document", run: policy_document },
    Target { name: "application_document", run: application_document },
    Target { name: "authority_call", run: site_authority::call },
    Target { name: "authority_answer", run: site_authority::answer },
    Target { name: "request", run: site_authority::request },
    Target { name: "signed_request", run: people::signed_request },
    Target { name: "person_key", run: people::person_key },
    Target { name: "key_binding", run: people::key_binding },
    Target { name: "approval", run: people::approval },
    Target { name: "pairing", run: people::pairing },
    Target { name: "signed_text", run: site_authority::text },
    Target { name: "signed_push", run: site_authority::push },
];

fn timestamp(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(moment) = text.parse::<action::Timestamp>() {
        assert_eq!(moment.to_string().parse::<action::Timestamp>().ok(), Some(moment), "{text:?}");
    }
}

fn application_document(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(application) = application::Application::parse(text) {
        assert!(!application.deployment_types.is_empty(), "{text:?}");
    }
}

fn policy_document(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(document) = policy::Document::parse(text) {
        for (index, resource) in document.resources().iter().enumerate() {
            assert!(resource.depends_on.iter().all(|need| *need < index), "{text:?}");
        }
    }
}
