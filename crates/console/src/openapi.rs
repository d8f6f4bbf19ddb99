//! The API's description, made from the handlers themselves.

use axum::Json;
use console_api::{Change, PROBLEM_JSON, Problem};
use utoipa::{
    Modify, OpenApi, PartialSchema as _, ToSchema as _,
    openapi::{
        ContentBuilder, Ref, RefOr, ResponseBuilder, SecurityRequirement,
        path::{Operation, PathItem},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{actions, audit, devices, graph, live, people, sites, state::Console, webhooks};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tenon console",
        description = "Attaches sites to one admin center: devices, actions on them, and what became of each.",
        license(name = "Apache-2.0 OR MIT")
    ),
    components(schemas(Change, Problem)),
    modifiers(&Security)
)]
struct Description;

struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKey::Cookie(ApiKeyValue::new(people::cookie::SESSION));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
        let any = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
        openapi.security = Some(vec![any("bearer"), any("cookie")]);
    }
}

/// Returns the OpenAPI document of the console's API, as JSON.
pub fn openapi() -> String {
    let (_, mut document) = routes().split_for_parts();
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            answer_with_problems(operation);
        }
    }
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// Returns all endpoints, described.
pub(crate) fn routes() -> OpenApiRouter<Console> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(people::routes())
        .merge(sites::routes())
        .merge(devices::routes())
        .merge(actions::routes())
        .merge(live::routes())
        .merge(audit::routes())
        .merge(webhooks::routes())
        .merge(graph::routes())
        .routes(routes!(describe))
}

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "description", security(()),
    responses((status = 200, description = "The OpenAPI document.")))]
async fn describe() -> Result<Json<serde_json::Value>, crate::problem::Refusal> {
    let document = serde_json::from_str(&openapi());
    document.map(Json).map_err(|error| crate::problem::Refusal::internal(error.to_string()))
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Every endpoint may answer with a problem.
fn answer_with_problems(operation: &mut Operation) {
    let schema = RefOr::Ref(Ref::from_schema_name(Problem::name()));
    debug_assert!(matches!(Problem::schema(), RefOr::T(_)));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = ResponseBuilder::new()
        .description("Not carried out; the problem says why and what to do.")
        .content(PROBLEM_JSON, content);
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response.build()));
}
