//! The OpenAPI document and the pages that show it. Their assets are part of the program, so that they work offline.

mod values;

use axum::Router;
use axum::http::StatusCode;
use nexops_core::envelope::ErrorEnvelope;
use nexops_core::notification::ChannelSettings;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Header, OpenApi, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{OpenApi as _, PartialSchema, ToSchema};
use utoipa_swagger_ui::{Config, SwaggerUi};

const TOKEN: &str = "token";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "NexOps",
        description = "Watches and controls Proxmox VE clusters.\n\nEvery answer is an envelope: `data` and `meta`, or `error`. \
            Times are RFC 3339 in UTC, percentages 0 to 100, `*_mb` is MiB, `*_gb` is GiB, and what is not known is null. No text may hold a NUL character.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(nexops_core::event::EventType)),
    tags(
        (name = "infrastructure", description = "Nodes, guests, and the power actions on them"),
        (name = "tasks", description = "Power actions under way and done"),
        (name = "services", description = "What runs on guests or elsewhere, and whether it answers"),
        (name = "metrics", description = "Histories, and everything at a glance"),
        (name = "settings", description = "What is watched"),
        (name = "alerts", description = "What is wrong or was, the rules that say so, and silences"),
        (name = "audit", description = "Who changed what"),
        (name = "events", description = "What happens, as it happens"),
        (name = "notifications", description = "Over which channels people are told of alerts, and what became of the messages"),
        (name = "system", description = "The daemon itself"),
        (name = "health", description = "For whoever watches the daemon; no token needed"),
    )
)]
struct Base;

/// The document without its paths.
pub fn base() -> OpenApi {
    Base::openapi()
}

/// Adds what is the same everywhere: the error envelope of each operation, and the token that all but the health
/// routes want.
pub fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.security_schemes.insert(TOKEN.to_owned(), bearer.into());
    components.schemas.insert(ErrorEnvelope::name().into_owned(), ErrorEnvelope::schema());
    let mut referenced = Vec::new();
    ErrorEnvelope::schemas(&mut referenced);
    components.schemas.extend(referenced);

    for (path, item) in &mut document.paths.paths {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            add_errors(operation);
            add_tags(operation);
            let open = path == "/healthz" || path == "/readyz";
            let nothing: [&str; 0] = [];
            operation.security = Some(if open {
                Vec::new()
            } else {
                vec![SecurityRequirement::new(TOKEN, nothing), SecurityRequirement::default()]
            });
        }
    }
    values::bound(document);
    values::close_variants(document, &ChannelSettings::name());
}

fn add_errors(operation: &mut Operation) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ErrorEnvelope::name().into_owned()))).build();
    let error = ResponseBuilder::new()
        .description("It failed; the code says how, and the message what to do")
        .content("application/json", content)
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(error));
}

/// What belongs to an operation that gives a list: its tag, and the answer to those who know it.
fn add_tags(operation: &mut Operation) {
    let Some(RefOr::T(good)) = operation.responses.responses.get_mut("200") else { return };
    let schemas = good.content.values().filter_map(|content| match content {
        RefOr::T(content) => content.schema.as_ref(),
        RefOr::Ref(_) => None,
    });
    let mut references = schemas.filter_map(|schema| match schema {
        RefOr::Ref(reference) => Some(&reference.ref_location),
        RefOr::T(_) => None,
    });
    if !references.any(|reference| reference.starts_with("#/components/schemas/ListEnvelope_")) {
        return;
    }
    let tag = || {
        let mut header = Header::new(String::schema());
        header.description = Some("The weak tag of this list as it is now, for If-None-Match".to_owned());
        header
    };
    good.headers.insert("ETag".to_owned(), RefOr::T(tag()));
    let unchanged = ResponseBuilder::new()
        .description("The list is as it was when it was given with one of the tags in If-None-Match; there is no body")
        .header("ETag", tag())
        .build();
    operation.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
    let condition = ParameterBuilder::new()
        .name("If-None-Match")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "The tags (ETag) of lists that the caller has already, or *. The list is given only if it is another",
        ))
        .schema(Some(String::schema()))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(condition));
}

/// `/docs` and `/openapi.json`.
pub fn pages<S: Clone + Send + Sync + 'static>(document: OpenApi) -> Router<S> {
    // The validator is a page of somebody else's, who would learn of every daemon.
    let config =
        Config::from("/openapi.json").try_it_out_enabled(true).persist_authorization(false).validator_url("none");
    Router::from(SwaggerUi::new("/docs").config(config).url("/openapi.json", document))
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
}
