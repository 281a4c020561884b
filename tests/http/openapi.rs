//! The checked-in OpenAPI document is the one that the code gives.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;

use serde_json::Value;
use usher::api::{Code, document};

const CHECKED_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");

fn parsed() -> Value {
    serde_json::from_str(&document()).unwrap()
}

/// Every operation with its path and method.
fn operations(document: &Value) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let methods = item
            .as_object()
            .unwrap()
            .iter()
            .map(|(method, operation)| (format!("{} {path}", method.to_uppercase()), operation.clone()));
        methods.collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn the_checked_in_document_is_what_the_code_says() {
    let current = document();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(CHECKED_IN, &current).unwrap();
    }
    let checked_in = std::fs::read_to_string(CHECKED_IN).unwrap_or_default();
    assert!(
        current == checked_in,
        "docs/openapi.json is out of date: run UPDATE_OPENAPI=1 cargo test --test openapi"
    );
}

#[test]
fn the_document_is_openapi_3_1() {
    assert_eq!(parsed()["openapi"], "3.1.0");
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_does() {
    let document = parsed();
    let mut names = BTreeSet::new();
    for (place, operation) in operations(&document) {
        let name = operation["operationId"]
            .as_str()
            .unwrap_or_else(|| panic!("{place} has no name"));
        assert!(names.insert(name.to_owned()), "{name} names two operations");
        assert!(
            operation["summary"].as_str().is_some_and(|text| text.ends_with('.')),
            "{place} says nothing"
        );
        assert!(operation["tags"].is_array(), "{place} has no tag");
    }
    assert!(names.len() > 30, "{}", names.len());
}

#[test]
fn every_admin_operation_needs_a_token_and_the_seat_calls_do_not() {
    for (place, operation) in operations(&parsed()) {
        let public = [
            "/acquire",
            "/heartbeat",
            "/release",
            "/openapi.json",
            "/setup",
            "/refusals/explain",
            "POST /api/v1/logins",
            "GET /api/v1/branding",
            "/sign-in/providers",
            "/sign-in/start",
            "/sign-in/callback",
            "POST /api/v1/user-tokens",
        ]
        .iter()
        .any(|end| place.ends_with(end));
        assert_eq!(operation["security"].is_null(), public, "{place}");
    }
}

#[test]
fn every_problem_code_is_documented_where_it_can_occur() {
    let document = parsed();
    let all = document["components"]["schemas"]["Code"].to_string();
    let mut answered = String::new();
    for (_, operation) in operations(&document) {
        answered.push_str(&operation["responses"].to_string());
    }
    let shared = document["components"]["responses"].as_object().unwrap();
    for (name, response) in shared {
        let description = response["description"].as_str().unwrap();
        assert_eq!(description.replace('`', "").replace(", ", "-"), *name);
    }
    for code in Code::ALL {
        assert!(all.contains(code.name()), "{} is not in the schema", code.name());
        assert!(answered.contains(code.name()), "no operation answers {}", code.name());
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = parsed();
    let mut missing = BTreeSet::new();
    visit(&document, &mut |reference| {
        let pointer = reference.trim_start_matches('#');
        if document.pointer(pointer).is_none() {
            missing.insert(reference.to_owned());
        }
    });
    assert!(missing.is_empty(), "{missing:?}");
}

fn visit(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                found(reference);
            }
            members.values().for_each(|value| visit(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| visit(value, found)),
        _ => {}
    }
}

#[test]
fn no_request_takes_members_that_it_does_not_know() {
    let document = parsed();
    for (place, operation) in operations(&document) {
        let Some(body) = operation.pointer("/requestBody/content/application~1json/schema") else {
            continue;
        };
        let pointer = body["$ref"].as_str().unwrap().trim_start_matches('#');
        let schema = document.pointer(pointer).unwrap();
        assert_eq!(schema["additionalProperties"], false, "{place}: {pointer}");
    }
}

/// A schema and those inside it that a request's values follow, each with its place.
fn parts(document: &Value, place: &str, schema: &Value, found: &mut Vec<(String, Value)>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
        return parts(document, place, schema, found);
    }
    found.push((place.to_owned(), schema.clone()));
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        parts(document, &format!("{place}.{name}"), property, found);
    }
    for schema in ["oneOf", "anyOf"]
        .iter()
        .filter_map(|either| schema[either].as_array())
        .flatten()
    {
        parts(document, place, schema, found);
    }
    for inside in ["items", "additionalProperties", "propertyNames"] {
        if schema[inside].is_object() {
            parts(document, &format!("{place}.{inside}"), &schema[inside], found);
        }
    }
}

#[test]
fn every_text_and_number_of_a_request_says_what_it_may_be() {
    let document = parsed();
    let mut found = Vec::new();
    for (place, operation) in operations(&document) {
        if let Some(body) = operation.pointer("/requestBody/content/application~1json/schema") {
            parts(&document, &place, body, &mut found);
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            // What cannot be in a path is answered like what is not there.
            if parameter["in"] != "path" {
                parts(
                    &document,
                    &format!("{place} {}", parameter["name"]),
                    &parameter["schema"],
                    &mut found,
                );
            }
        }
    }
    assert!(found.len() > 100, "{}", found.len());
    let is = |schema: &Value, kind: &str| {
        let types = &schema["type"];
        types == kind
            || types
                .as_array()
                .is_some_and(|types| types.iter().any(|one| one == kind))
    };
    let says = |schema: &Value, any: &[&str]| any.iter().any(|keyword| !schema[keyword].is_null());
    for (place, schema) in found {
        if is(&schema, "string") {
            assert!(says(&schema, &["pattern", "enum", "format"]), "{place}: {schema}");
        }
        if is(&schema, "integer") {
            assert!(says(&schema, &["maximum", "format"]), "{place}: {schema}");
        }
    }
}

#[test]
fn every_call_that_reads_a_body_says_what_is_answered_about_it_as_a_whole() {
    for (place, operation) in operations(&parsed()) {
        for status in ["408", "413", "415"] {
            let answered = operation["responses"][status]["$ref"] == "#/components/responses/INVALID_REQUEST";
            assert_eq!(answered, !place.starts_with("GET "), "{place}: {status}");
        }
    }
}

#[test]
fn a_body_may_be_left_out_where_each_of_its_members_may() {
    let document = parsed();
    for (place, operation) in operations(&document) {
        let Some(body) = operation.pointer("/requestBody/content/application~1json/schema/$ref") else {
            continue;
        };
        let schema = document
            .pointer(body.as_str().unwrap().trim_start_matches('#'))
            .unwrap();
        // A change of nothing says nothing, so it is sent in error.
        let optional = schema["required"].is_null() && !place.starts_with("PATCH ");
        assert_eq!(operation["requestBody"]["required"] == true, !optional, "{place}");
    }
}

#[test]
fn every_link_leads_to_an_operation_that_takes_what_it_brings() {
    let document = parsed();
    let operations = operations(&document);
    let named = |name: &Value| {
        operations
            .iter()
            .find(|(_, operation)| operation["operationId"] == *name)
            .unwrap()
    };
    let mut followed = 0;
    for (place, operation) in &operations {
        for response in operation["responses"].as_object().unwrap().values() {
            for link in response["links"]
                .as_object()
                .into_iter()
                .flat_map(serde_json::Map::values)
            {
                let (_, target) = named(&link["operationId"]);
                for name in link["parameters"]
                    .as_object()
                    .into_iter()
                    .flat_map(serde_json::Map::keys)
                {
                    let parameters = target["parameters"].as_array().unwrap();
                    assert!(
                        parameters.iter().any(|taken| taken["name"] == **name),
                        "{place}: {link}"
                    );
                }
                for name in link["requestBody"]
                    .as_object()
                    .into_iter()
                    .flat_map(serde_json::Map::keys)
                {
                    let body = target
                        .pointer("/requestBody/content/application~1json/schema/$ref")
                        .unwrap();
                    let schema = document
                        .pointer(body.as_str().unwrap().trim_start_matches('#'))
                        .unwrap();
                    assert!(schema["properties"][name].is_object(), "{place}: {link}");
                }
                followed += 1;
            }
        }
    }
    assert!(followed > 30, "{followed}");
}
