//! A JSON Schema of scenario files, for editors: completion, hover texts, red underlines.
//!
//! It says what each key takes and does; conditions and rules between keys are left to `lastcopy check`.

use crate::keys::kind::NAME_MAX;
use crate::keys::{Key, Kind, Need, OVERRIDES, SECTIONS, Section, is_open_name};
use models::filecoin::policy::{PARAMETERS, Parameter};
use serde_json::{Map, Value, json};

/// The schema as JSON text.
pub fn text() -> String {
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".into(), json!("A lastcopy scenario"));
    let all: Vec<Leaf> = SECTIONS.iter().flat_map(leaves).collect();
    let Value::Object(mut root) = object(&all, 0) else { unreachable!("an object schema is an object") };
    let properties =
        root.get_mut("properties").and_then(Value::as_object_mut).expect("the top level has keys");
    for (name, doc) in OVERRIDES {
        properties.insert((*name).into(), json!({ "type": "object", "description": doc }));
    }
    root.insert("required".into(), json!(required(&all)));
    schema.append(&mut root);
    let mut text = serde_json::to_string_pretty(&schema).expect("string keys");
    text.push('\n');
    text
}

/// A declared key with the names of its full path.
struct Leaf {
    names: Vec<&'static str>,
    section: &'static Section,
    key: &'static Key,
}

fn leaves(section: &'static Section) -> impl Iterator<Item = Leaf> {
    section.keys.iter().map(move |key| {
        let names = section.names().into_iter().chain(key.names()).collect();
        Leaf { names, section, key }
    })
}

fn required(all: &[Leaf]) -> Vec<&'static str> {
    let always = |leaf: &&Leaf| leaf.section.path.is_empty() && matches!(leaf.key.need, Need::Required);
    all.iter().filter(always).map(|leaf| leaf.key.path).collect()
}

/// The schema of the table whose path is the first `depth` names of all leaves given.
fn object<'a>(leaves: impl IntoIterator<Item = &'a Leaf>, depth: usize) -> Value {
    let leaves: Vec<&Leaf> = leaves.into_iter().collect();
    let mut names: Vec<&str> = Vec::new();
    for leaf in &leaves {
        if !names.contains(&leaf.names[depth]) {
            names.push(leaf.names[depth]);
        }
    }
    let mut properties = Map::new();
    let mut chosen = json!(false);
    for name in names {
        let inside: Vec<&Leaf> = leaves.iter().copied().filter(|leaf| leaf.names[depth] == name).collect();
        let schema = below(&inside, depth + 1);
        match name {
            "<n>" => return json!({ "type": "array", "items": schema }),
            name if is_open_name(name) && matches!(inside[0].key.kind, Kind::Parameter) => {
                properties.extend(PARAMETERS.iter().map(parameter_schema));
            }
            name if is_open_name(name) => chosen = schema,
            name => {
                properties.insert(name.into(), schema);
            }
        }
    }
    json!({ "type": "object", "properties": properties, "additionalProperties": chosen })
}

/// The schema of what has a name: a key, a table, or either.
fn below(inside: &[&Leaf], depth: usize) -> Value {
    let keys: Vec<&&Leaf> = inside.iter().filter(|leaf| leaf.names.len() == depth).collect();
    let deeper: Vec<&Leaf> = inside.iter().copied().filter(|leaf| leaf.names.len() > depth).collect();
    let mut alternatives: Vec<Value> = Vec::new();
    for leaf in &keys {
        let schema = key_schema(leaf.key);
        if !alternatives.contains(&schema) {
            alternatives.push(schema);
        }
    }
    if !deeper.is_empty() {
        alternatives.push(object(deeper, depth));
    }
    match alternatives.len() {
        1 => alternatives.remove(0),
        _ => json!({ "anyOf": alternatives }),
    }
}

fn key_schema(key: &Key) -> Value {
    let mut schema = kind_schema(&key.kind);
    let condition = key.when.words().map(|words| format!(" ({words})")).unwrap_or_default();
    let object = schema.as_object_mut().expect("a kind's schema is an object");
    object.insert("description".into(), json!(format!("{}{condition}", key.doc)));
    schema
}

/// A protocol parameter under `[filecoin.parameters]`.
fn parameter_schema(parameter: &Parameter) -> (String, Value) {
    let doc = format!("{} Expected: {}.", parameter.doc, parameter.expected());
    (parameter.name.into(), json!({ "type": ["string", "integer", "boolean"], "description": doc }))
}

fn kind_schema(kind: &Kind) -> Value {
    match kind {
        Kind::Text(max) => json!({ "type": "string", "maxLength": max }),
        Kind::Name => json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$", "maxLength": NAME_MAX }),
        Kind::Version => json!({ "const": crate::keys::kind::SCHEMA }),
        Kind::Seed => json!({ "type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]+$" }),
        Kind::Whole(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Real(bounds) if bounds.open => {
            json!({ "type": "number", "exclusiveMinimum": bounds.min, "maximum": bounds.max })
        }
        Kind::Real(bounds) => json!({ "type": "number", "minimum": bounds.min, "maximum": bounds.max }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Span(..) | Kind::Bytes(..) | Kind::Rate(..) | Kind::Money(..) => {
            json!({ "type": "string", "pattern": "^[0-9.]+ ?[A-Za-z/]+$", "title": kind.noun() })
        }
        Kind::Share => json!({ "type": ["string", "number"], "minimum": 0, "maximum": 1, "title": "share" }),
        Kind::Choice(choices) => {
            json!({ "enum": choices.iter().map(|choice| choice.name).collect::<Vec<_>>() })
        }
        Kind::Entry(catalog) => json!({ "enum": (catalog.names)() }),
        Kind::Reference(_) | Kind::Chunker => json!({ "type": "string" }),
        Kind::Parameter => json!({ "type": ["string", "integer", "boolean"] }),
        Kind::Digest => json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" }),
        Kind::List(item) => json!({ "type": "array", "minItems": 1, "items": kind_schema(item) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_json_and_knows_every_key_once() {
        let schema: Value = serde_json::from_str(&text()).expect("JSON");
        let group = &schema["properties"]["population"]["additionalProperties"]["properties"];
        assert_eq!(group["count"]["minimum"], json!(1));
        assert!(group["session"]["properties"]["mean_up"].is_object());
        assert_eq!(group["region"]["anyOf"].as_array().map(Vec::len), Some(2));
        let parameters = &schema["properties"]["filecoin"]["properties"]["parameters"];
        assert!(parameters["properties"]["pledge_lock_target"]["description"].is_string());
        assert_eq!(parameters["additionalProperties"], json!(false));
        assert_eq!(schema["properties"]["plot"]["type"], json!("array"));
        assert_eq!(schema["required"], json!(["schema", "name", "duration"]));
    }
}
