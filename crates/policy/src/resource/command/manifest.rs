//! Resource manifests, `*.dsc.resource.json`, as DSC has them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Machine, resource::ResourceError};

/// What a manifest says, as far as it concerns a resource that is tested and set.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(rename = "kind")]
    resource_kind: Option<String>,
    pub(super) get: Method,
    pub(super) set: Option<Method>,
    pub(super) test: Option<Method>,
    pub(super) delete: Option<Method>,
    #[serde(default)]
    pub(super) exit_codes: BTreeMap<String, String>,
}

/// How one of its methods is called.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Method {
    pub(super) executable: String,
    #[serde(default)]
    pub(super) args: Vec<Argument>,
    pub(super) input: Option<Input>,
    #[serde(rename = "return")]
    pub(super) returns: Option<Returns>,
    #[serde(default)]
    pub(super) handles_exist: bool,
}

/// An argument: a text, or the name of the one that carries the properties.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Argument {
    Plain(String),
    Json {
        #[serde(rename = "jsonInputArg")]
        name: String,
    },
}

/// How else the properties arrive.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Input {
    Stdin,
    Env,
}

/// What a test prints.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Returns {
    State,
    StateAndDiff,
}

/// Looks up the manifest of a type on the device.
pub(crate) fn find(kind: &str, machine: &mut impl Machine) -> Result<Option<Manifest>, ResourceError> {
    for (path, text) in machine.manifests().map_err(|source| ResourceError::System {
        attempt: "read the resource manifests in",
        path: "the agent's resource path".to_owned(),
        source,
    })? {
        // A manifest that is broken or meant for another version is some other type's.
        let Ok(manifest) = serde_json::from_str::<Manifest>(&text) else {
            if text.contains(&format!("\"{kind}\"")) {
                return Err(ResourceError::Other(format!("the manifest {path} cannot be understood")));
            }
            continue;
        };
        if manifest.kind.eq_ignore_ascii_case(kind) {
            return match manifest.resource_kind.as_deref() {
                None | Some("resource") => Ok(Some(placed(manifest, &path))),
                Some(other) => {
                    Err(ResourceError::Other(format!("`{kind}` is of kind {other}, which is not supported")))
                }
            };
        }
    }
    Ok(None)
}

/// Completes the executables: one without a slash lies beside its manifest, so that no `PATH` decides what root runs.
fn placed(mut manifest: Manifest, path: &str) -> Manifest {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let Manifest { get, set, test, delete, .. } = &mut manifest;
    for method in [Some(get), set.as_mut(), test.as_mut(), delete.as_mut()].into_iter().flatten() {
        if !method.executable.starts_with('/') {
            method.executable = format!("{folder}/{}", method.executable);
        }
    }
    manifest
}
