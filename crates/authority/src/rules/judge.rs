//! The judge: Cedar with a schema, one policy for each role.

use std::{
    collections::{BTreeMap, HashMap},
    str::FromStr as _,
    sync::{Mutex, PoisonError},
};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, Policy, PolicyId,
    PolicySet, Request, Schema, ValidationMode, Validator,
};
use serde_json::{Value, json};

use super::{ALL_SCOPES, permission, verdict::Holding};
use crate::store::StoredRole;

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("failed to make the site's rules: {what}")]
pub(crate) struct RulesError {
    what: String,
}

impl RulesError {
    fn new(what: impl std::fmt::Display) -> Self {
        Self { what: what.to_string() }
    }
}

/// Answers that a judge keeps: a site has some tens of sets of roles, on some hundred collections.
const KEPT: usize = 4_096;

/// Decides by the policies of the site's roles. Made anew when a role changes.
pub(crate) struct Judge {
    schema: Schema,
    policies: PolicySet,
    authorizer: Authorizer,
    /// What was answered before. A policy looks at nothing of a person but what they hold, so the person is no part of it.
    answers: Mutex<HashMap<Asked, Vec<String>>>,
}

/// What an answer depends on.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Asked {
    holdings: Vec<Holding>,
    permission: String,
    collection: String,
    /// The scopes that the collection carries.
    scopes: Vec<String>,
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judge").field("policies", &self.policies.num_of_policies()).finish_non_exhaustive()
    }
}

impl Judge {
    /// Makes a judge of the site's roles. Each policy is checked against the schema.
    pub(crate) fn new(roles: &[StoredRole]) -> Result<Self, RulesError> {
        let schema = schema()?;
        let mut policies = PolicySet::new();
        for role in roles {
            policies.add(policy(role)?).map_err(RulesError::new)?;
        }
        let validation = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        if !validation.validation_passed() {
            return Err(RulesError::new(validation));
        }
        Ok(Self { schema, policies, authorizer: Authorizer::new(), answers: Mutex::default() })
    }

    /// Returns the roles that give `permission` on `collection`, which carries `scopes`, to a person who holds `holdings`;
    /// empty where none does.
    pub(crate) fn roles_that_allow(
        &self,
        person: &str,
        holdings: &[Holding],
        permission: &str,
        collection: &str,
        scopes: &[&str],
    ) -> Result<Vec<String>, RulesError> {
        let asked = Asked {
            holdings: holdings.to_vec(),
            permission: permission.to_owned(),
            collection: collection.to_owned(),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        };
        let known = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&asked).cloned();
        if let Some(roles) = known {
            return Ok(roles);
        }
        let roles = self.judge(person, holdings, permission, collection, scopes)?;
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= KEPT {
            answers.clear();
        }
        answers.insert(asked, roles.clone());
        Ok(roles)
    }

    fn judge(
        &self,
        person: &str,
        holdings: &[Holding],
        permission: &str,
        collection: &str,
        scopes: &[&str],
    ) -> Result<Vec<String>, RulesError> {
        let principal = uid("Person", person)?;
        let resource = uid("Collection", collection)?;
        let action = uid("Action", permission)?;
        let entities = entities(person, holdings, collection, scopes, &self.schema)?;
        let request = Request::new(principal, action, resource, Context::empty(), Some(&self.schema))
            .map_err(RulesError::new)?;
        let response = self.authorizer.is_authorized(&request, &self.policies, &entities);
        if let Some(error) = response.diagnostics().errors().next() {
            return Err(RulesError::new(error));
        }
        match response.decision() {
            Decision::Deny => Ok(Vec::new()),
            Decision::Allow => {
                let mut roles: Vec<String> =
                    response.diagnostics().reason().map(|id| AsRef::<str>::as_ref(id).to_owned()).collect();
                roles.sort_unstable();
                Ok(roles)
            }
        }
    }
}

fn schema() -> Result<Schema, RulesError> {
    let applies = json!({
        "appliesTo": { "principalTypes": ["Person"], "resourceTypes": ["Collection"] }
    });
    let actions: BTreeMap<_, _> = permission::all().map(|name| (name, applies.clone())).collect();
    let place = json!({
        "type": "Record",
        "attributes": {
            "collection": { "type": "Entity", "name": "Collection" },
            "scope": { "type": "String" }
        }
    });
    let places = json!({ "type": "Set", "element": place });
    let schema = json!({
        "": {
            "entityTypes": {
                "Collection": { "shape": { "type": "Record", "attributes": { "places": places } } },
                // A tag for each role that is held: where.
                "Person": { "tags": places }
            },
            "actions": actions
        }
    });
    Schema::from_json_value(schema).map_err(RulesError::new)
}

/// A role's policy, made as a structure and not as text, so that no name can become part of a rule.
fn policy(role: &StoredRole) -> Result<Policy, RulesError> {
    let actions: Vec<_> =
        role.permissions.iter().map(|name| json!({ "type": "Action", "id": name })).collect();
    let tag = json!({ "left": { "Var": "principal" }, "right": { "Value": role.name } });
    let held = json!({
        "&&": {
            "left": { "hasTag": tag },
            "right": {
                "containsAny": {
                    "left": { "getTag": tag },
                    "right": { ".": { "left": { "Var": "resource" }, "attr": "places" } }
                }
            }
        }
    });
    let policy = json!({
        "effect": "permit",
        "principal": { "op": "is", "entity_type": "Person" },
        "action": { "op": "in", "entities": actions },
        "resource": { "op": "is", "entity_type": "Collection" },
        "conditions": [{ "kind": "when", "body": held }]
    });
    Policy::from_json(Some(PolicyId::new(&role.name)), policy).map_err(RulesError::new)
}

/// A collection is the place of its scopes, and of those whose assignment is limited to none.
fn entities(
    person: &str,
    holdings: &[Holding],
    collection: &str,
    scopes: &[&str],
    schema: &Schema,
) -> Result<Entities, RulesError> {
    let place = |collection: &str, scope: &str| json!({ "collection": { "__entity": { "type": "Collection", "id": collection } }, "scope": scope });
    let mut held: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for Holding { role, collection, scope } in holdings {
        held.entry(role).or_default().push(place(collection, scope));
    }
    let carried = scopes.iter().copied().chain([ALL_SCOPES]);
    let places: Vec<_> = carried.map(|scope| place(collection, scope)).collect();
    let list = json!([
        { "uid": { "type": "Person", "id": person }, "attrs": {}, "tags": held, "parents": [] },
        { "uid": { "type": "Collection", "id": collection }, "attrs": { "places": places }, "parents": [] }
    ]);
    Entities::from_json_value(list, Some(schema)).map_err(RulesError::new)
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, RulesError> {
    let kind = EntityTypeName::from_str(kind).map_err(RulesError::new)?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}
