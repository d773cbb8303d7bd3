//! A Postman collection (v2.1) out of an OpenAPI document, so that the two never disagree.

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
/// Schemas that hold themselves end here.
const DEEPEST: usize = 8;

/// The collection: a folder a tag, a request an operation, with an example of each body. `base_url` is where the contract is; `token` is for the reader to
/// fill in.
#[must_use]
pub fn collection(document: &OpenApi, base_url: &str) -> Value {
    // Documents are made of texts, which can always be written.
    let document = serde_json::to_value(document).unwrap_or_default();
    let folders = document["tags"].as_array().into_iter().flatten();
    let folders: Vec<Value> = folders
        .map(|tag| {
            json!({"name": tag["name"], "description": tag["description"], "item": requests(&document, &tag["name"])})
        })
        .collect();
    json!({
        "info": {"name": document["info"]["title"], "description": document["info"]["description"], "schema": SCHEMA},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [{"key": "baseUrl", "value": base_url}, {"key": "token", "value": ""}],
        "item": folders,
    })
}

fn requests(document: &Value, tag: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for (path, methods) in fields(&document["paths"]) {
        for (method, operation) in fields(methods) {
            let tags = operation["tags"].as_array().into_iter().flatten();
            if tags.into_iter().any(|known| known == tag) {
                found.push(request(document, path, method, operation));
            }
        }
    }
    found
}

fn request(document: &Value, path: &str, method: &str, operation: &Value) -> Value {
    let mut request = json!({
        "method": method.to_uppercase(),
        "header": headers(operation),
        "url": url(path, operation),
        "description": operation["description"],
    });
    if operation["security"].is_null() {
        request["auth"] = json!({"type": "noauth"});
    }
    if let Some(body) = body(document, operation) {
        request["body"] = body;
    }
    json!({"name": operation["summary"], "request": request, "response": []})
}

fn url(path: &str, operation: &Value) -> Value {
    let path: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(|part| match part.strip_prefix('{') {
            Some(name) => format!(":{}", name.trim_end_matches('}')),
            None => part.to_owned(),
        })
        .collect();
    let query: Vec<Value> = parameters(operation, "query")
        .map(|found| json!({"key": found["name"], "value": "", "description": found["description"], "disabled": found["required"] != true}))
        .collect();
    let variables: Vec<Value> = parameters(operation, "path")
        .map(
            |found| json!({"key": found["name"], "value": "", "description": found["description"]}),
        )
        .collect();
    json!({
        "raw": format!("{{{{baseUrl}}}}/{}", path.join("/")),
        "host": ["{{baseUrl}}"],
        "path": path,
        "query": query,
        "variable": variables,
    })
}

fn headers(operation: &Value) -> Vec<Value> {
    parameters(operation, "header")
        .map(|found| json!({"key": found["name"], "value": "", "description": found["description"], "disabled": true}))
        .collect()
}

fn parameters<'a>(operation: &'a Value, place: &'a str) -> impl Iterator<Item = &'a Value> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.filter(move |found| found["in"] == place)
}

fn body(document: &Value, operation: &Value) -> Option<Value> {
    let content = &operation["requestBody"]["content"];
    if !content["multipart/form-data"].is_null() {
        let described = &operation["requestBody"]["description"];
        let name = file_field(described.as_str().unwrap_or_default());
        return Some(json!({
            "mode": "formdata",
            "formdata": [{"key": name, "type": "file", "src": [], "description": described}],
        }));
    }
    let media = content.get("application/json")?;
    let example = match media.get("example") {
        Some(example) => example.clone(),
        None => example(document, &media["schema"], 0),
    };
    Some(json!({
        "mode": "raw",
        "raw": serde_json::to_string_pretty(&example).unwrap_or_default(),
        "options": {"raw": {"language": "json"}},
    }))
}

/// The field of a form that its description names.
fn file_field(description: &str) -> &str {
    let named = description.split_once("in the field `");
    let name = named.and_then(|(_, rest)| rest.split_once('`'));
    name.map_or("file", |(name, _)| name)
}

/// An example of a schema: its own, or one of its parts'.
fn example(document: &Value, schema: &Value, depth: usize) -> Value {
    if depth > DEEPEST {
        return Value::Null;
    }
    let deeper = |schema: &Value| example(document, schema, depth + 1);
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return deeper(&document["components"]["schemas"][name]);
    }
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        let choices = schema[choice].as_array().into_iter().flatten();
        if let Some(chosen) = choices.into_iter().find(|found| found["type"] != "null") {
            return deeper(chosen);
        }
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match type_of(&schema["type"]) {
        "object" => {
            let properties = fields(&schema["properties"]);
            let made = properties.map(|(name, schema)| (name.clone(), deeper(schema)));
            Value::Object(made.collect::<Map<_, _>>())
        }
        "array" => json!([deeper(&schema["items"])]),
        "integer" | "number" => json!(0),
        "boolean" => json!(true),
        "string" => json!(""),
        _ => Value::Null,
    }
}

/// The type of a schema that may be null beside it.
fn type_of(kind: &Value) -> &str {
    let several = kind.as_array().into_iter().flatten();
    let one = several.into_iter().find(|kind| *kind != "null");
    one.unwrap_or(kind).as_str().unwrap_or_default()
}

fn fields(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}
