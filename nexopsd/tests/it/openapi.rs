//! The OpenAPI document: that it is up to date, whole, and true.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use nexops_core::audit::{AuditColumn, Outcome};
use nexops_core::error::ErrorCode;
use nexops_core::event::EventType;
use nexops_core::metric::{Metric, Range, SourceType, Unit};
use nexops_core::node::{NodeColumn, NodeStatus};
use nexops_core::service::{ServiceColumn, ServiceSettings, ServiceStatus, ServiceType};
use nexops_core::task::{TaskColumn, TaskStatus};
use nexops_core::vm::{PowerAction, VmColumn, VmStatus, VmType};
use serde_json::Value;

use crate::support::answer::Answer;
use crate::support::daemon::Daemon;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document() -> Value {
    serde_json::to_value(nexopsd::api::document()).unwrap()
}

/// Every operation with its method and path.
fn operations(document: &Value) -> Vec<(String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((format!("{method} {path}"), operation.clone()));
        }
    }
    assert!(operations.len() >= 20, "{} operations", operations.len());
    operations
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

#[test]
fn the_document_in_the_repository_is_up_to_date() {
    let stored = fs::read_to_string(root().join("openapi.json")).unwrap();
    let printed = nexopsd::api::document().to_pretty_json().unwrap();
    assert!(
        stored.trim_end() == printed.trim_end(),
        "openapi.json is not what `nexopsd openapi` prints: run `make generate`"
    );
}

#[test]
fn every_operation_of_the_api_is_a_method_of_the_client_and_the_other_way_round() {
    let source = fs::read_to_string(root().join("nexops-core/src/client/endpoints.rs")).unwrap();
    let methods: BTreeSet<&str> =
        source.split("pub async fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next()).collect();
    let document = document();
    let operations: BTreeSet<String> = operations(&document)
        .into_iter()
        .filter(|(name, _)| name.contains(" /api/v1/"))
        .map(|(name, operation)| {
            operation["operationId"].as_str().unwrap_or_else(|| panic!("{name} has no id")).to_owned()
        })
        .collect();
    let mut expected: BTreeSet<&str> = operations.iter().map(String::as_str).collect();
    // The one method that stands for several operations.
    expected.insert("act_on_vm");
    assert_eq!(methods, expected);
}

#[test]
fn every_operation_is_described_with_its_parameters_and_its_errors() {
    let document = document();
    let tags: Vec<&str> = document["tags"].as_array().unwrap().iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(is_text(&operation["operationId"]), "{name} has no operationId");
        assert!(ids.insert(operation["operationId"].to_string()), "{name} has the id of another");
        assert!(is_text(&operation["summary"]) || is_text(&operation["description"]), "{name} is not described");
        let [tag] = operation["tags"].as_array().unwrap().as_slice() else { panic!("{name} has not one tag") };
        assert!(tags.contains(&tag.as_str().unwrap()), "{name} has the tag {tag}, which is not described");

        let responses = operation["responses"].as_object().unwrap();
        let error = &responses["default"]["content"]["application/json"]["schema"]["$ref"];
        assert_eq!(error, "#/components/schemas/ErrorEnvelope", "{name} does not document its errors");
        let mut good = 0;
        for (status, response) in responses.iter().filter(|(status, _)| status.starts_with('2')) {
            assert!(is_text(&response["description"]), "{name} does not describe {status}");
            let media = match name.as_str() {
                "get /api/v1/events" => "text/event-stream",
                "get /metrics" => "text/plain",
                _ => "application/json",
            };
            assert!(response["content"][media]["schema"].is_object(), "{name} has no schema for {status}");
            good += 1;
        }
        assert_eq!(good, 1, "{name} has not one good answer");

        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in &parameters {
            assert!(is_text(&parameter["description"]), "{name}: {} is not described", parameter["name"]);
            assert!(parameter["schema"].is_object(), "{name}: {} has no schema", parameter["name"]);
        }
        let in_path: Vec<&str> = name.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        let documented: Vec<&str> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .inspect(|parameter| assert_eq!(parameter["required"], true, "{name}"))
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        assert_eq!(documented, in_path, "{name}");
    }
}

#[test]
fn every_list_is_documented_with_its_tag_and_nothing_else_is() {
    let mut lists = Vec::new();
    for (name, operation) in operations(&document()) {
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
        let is_list = schema.as_str().is_some_and(|schema| schema.contains("/ListEnvelope_"));
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let condition = parameters.iter().find(|parameter| parameter["name"] == "If-None-Match");
        assert_eq!(condition.is_some_and(|condition| condition["in"] == "header"), is_list, "{name}");
        let tag = operation["responses"]["200"]["headers"]["ETag"]["description"].as_str();
        assert_eq!(tag.is_some_and(|tag| tag.contains("weak")), is_list, "{name}");
        assert!(is_list || tag.is_none_or(|tag| tag.contains("strong")), "{name}");
        assert_eq!(operation["responses"]["304"]["headers"]["ETag"].is_object(), is_list, "{name}");
        assert!(operation["responses"]["304"]["content"].is_null(), "{name}");
        if is_list {
            lists.push(name);
        }
    }
    assert!(lists.len() >= 3, "{lists:?}");
}

/// Every string under this key, anywhere in a value.
fn under<'a>(key: &str, value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                if let (true, Value::String(text)) = (name == key, value) {
                    found.insert(text);
                }
                under(key, value, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| under(key, value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = BTreeSet::new();
    under("$ref", &document, &mut references);
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads outside"));
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    assert!(references.len() > 20, "{references:?}");
}

#[test]
fn every_property_of_every_schema_is_described() {
    let document = document();
    let mut bare = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let parts = schema["allOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
        for properties in parts.iter().filter_map(|part| part["properties"].as_object()) {
            for (property, schema) in properties {
                // What refers to another schema may be described there, or beside the reference.
                let choice = schema["oneOf"].as_array().into_iter().flatten().any(|one| is_text(&one["description"]));
                if schema["$ref"].is_null() && !choice && !is_text(&schema["description"]) {
                    bare.push(format!("{name}.{property}"));
                }
            }
        }
    }
    assert!(bare.is_empty(), "not described: {}", bare.join(", "));
}

#[test]
fn closed_sets_hold_the_words_that_travel() {
    fn words<T: ToString>(all: &[T]) -> Vec<String> {
        all.iter().map(ToString::to_string).collect()
    }
    let document = document();
    for (name, words) in [
        ("ErrorCode", words(ErrorCode::ALL)),
        ("EventType", words(EventType::ALL)),
        ("Metric", words(Metric::ALL)),
        ("NodeStatus", words(NodeStatus::ALL)),
        ("Outcome", words(Outcome::ALL)),
        ("PowerAction", words(PowerAction::ALL)),
        ("Range", words(Range::ALL)),
        ("ServiceStatus", words(ServiceStatus::ALL)),
        ("ServiceType", words(ServiceType::ALL)),
        ("SourceType", words(SourceType::ALL)),
        ("TaskStatus", words(TaskStatus::ALL)),
        ("Unit", words(Unit::ALL)),
        ("VmStatus", words(VmStatus::ALL)),
        ("VmType", words(VmType::ALL)),
    ] {
        assert_eq!(document["components"]["schemas"][name]["enum"], serde_json::json!(words), "{name}");
    }
    for (path, words) in [
        ("/api/v1/audit-logs", words(AuditColumn::ALL)),
        ("/api/v1/infrastructure/nodes", words(NodeColumn::ALL)),
        ("/api/v1/infrastructure/vms", words(VmColumn::ALL)),
        ("/api/v1/services", words(ServiceColumn::ALL)),
        ("/api/v1/tasks", words(TaskColumn::ALL)),
    ] {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
        let sort = parameters.iter().find(|parameter| parameter["name"] == "sort").unwrap();
        assert_eq!(sort["schema"]["pattern"], format!("^-?({})$", words.join("|")), "{path}");
    }
}

#[test]
fn the_document_carries_the_version_of_the_program() {
    assert_eq!(document()["info"]["version"], env!("CARGO_PKG_VERSION"));
}

/// The properties that a schema knows and those that it requires, through references and `allOf`.
fn properties(document: &Value, schema: &Value, known: &mut BTreeSet<String>, required: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#')).unwrap();
        return properties(document, target, known, required);
    }
    known.extend(schema["properties"].as_object().into_iter().flat_map(|properties| properties.keys().cloned()));
    let names = schema["required"].as_array().into_iter().flatten();
    required.extend(names.filter_map(|name| name.as_str().map(str::to_owned)));
    for part in schema["allOf"].as_array().into_iter().flatten() {
        properties(document, part, known, required);
    }
}

/// The path with the id of something in its hole, out of the list before it; `None` when nothing is listed there.
async fn filled(daemon: &Daemon, path: &str) -> Option<String> {
    let Some((collection, rest)) = path.split_once("/{") else { return Some(path.to_owned()) };
    let (hole, tail) = rest.split_once('}').unwrap();
    let list = if collection == "/api/v1/metrics" { "/api/v1/infrastructure/vms" } else { collection };
    let answer = Answer::at(daemon, list).await.json();
    let first = answer["data"].get(0)?;
    let id = first.get(hole).or_else(|| first.get("id"))?;
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    Some(format!("{collection}/{id}{tail}"))
}

/// An example out of a schema, or out of those of its fields; `None` when a field that must be there has none.
fn example_of(document: &Value, schema: &Value) -> Option<Value> {
    if let Some(example) = schema.get("example").or_else(|| schema["examples"].get(0)) {
        return Some(example.clone());
    }
    if let Some(reference) = schema["$ref"].as_str() {
        return example_of(document, document.pointer(reference.trim_start_matches('#'))?);
    }
    let mut whole = serde_json::Map::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        whole.extend(example_of(document, part)?.as_object()?.clone());
    }
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        match example_of(document, field).or_else(|| field.get("enum")?.get(0).cloned()) {
            Some(example) => drop(whole.insert(name.clone(), example)),
            None if required.iter().any(|required| required == name) => return None,
            None => {}
        }
    }
    (!whole.is_empty()).then_some(Value::Object(whole))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_body_has_an_example_and_what_it_would_make_can_be_made() {
    let daemon = Daemon::new().await;
    let document = document();
    let mut wrong = Vec::new();
    for (name, operation) in operations(&document) {
        let body = &operation["requestBody"]["content"]["application/json"];
        if body.is_null() {
            continue;
        }
        let Some(example) = body.get("example").cloned().or_else(|| example_of(&document, &body["schema"])) else {
            wrong.push(format!(
                "{name}: the body, or each field that must be there, wants an example (#[schema(example = …)])"
            ));
            continue;
        };
        let (method, path) = name.split_once(' ').unwrap();
        if method == "post" && !path.contains('{') && !path.ends_with("/test") {
            let request = daemon.raw().post(format!("{}{path}", daemon.url)).json(&example);
            let answer = Answer::to(request).await;
            if !(200..300).contains(&answer.status) {
                wrong.push(format!("{name} refuses its own example: {}", answer.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_has_the_properties_that_are_documented_and_no_others() {
    let daemon = Daemon::new().await;
    let task = daemon.client.start_vm(103).await.unwrap().data;
    daemon.end_of(task.id).await;
    daemon.client.create_service(&ServiceSettings::named("wiki")).await.unwrap();
    let document = document();
    let mut tried = 0;
    for path in document["paths"].as_object().unwrap().keys().filter(|path| path.starts_with("/api/v1/")) {
        let schema = &document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        let Some(reference) = schema["$ref"].as_str() else { continue };
        let Some(asked) = filled(&daemon, path).await else { continue };
        tried += 1;
        let envelope = document.pointer(reference.trim_start_matches('#'));
        let envelope = envelope.unwrap();
        let answer = Answer::at(&daemon, &asked).await;
        assert_eq!(answer.status, 200, "{asked}: {}", answer.text);
        let answer = answer.json();
        for part in ["data", "meta"] {
            let schema = &envelope["properties"][part];
            let (schema, value) = match &answer[part] {
                Value::Array(list) if list.is_empty() => continue,
                Value::Array(list) => (&schema["items"], &list[0]),
                other => (schema, other),
            };
            let Some(value) = value.as_object() else { continue };
            let (mut known, mut required) = (BTreeSet::new(), BTreeSet::new());
            properties(&document, schema, &mut known, &mut required);
            let given: BTreeSet<String> = value.keys().cloned().collect();
            assert!(given.is_subset(&known), "{path}, {part}: {given:?} are not all in {known:?}");
            assert!(required.is_subset(&given), "{path}, {part}: {required:?} are not all in {given:?}");
            assert!(!known.is_empty(), "{path}, {part}");
        }
    }
    assert!(tried >= 9, "only {tried} operations were tried");
}
