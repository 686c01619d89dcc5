//! The JSON Schema of scenario files, for editors, made from the key table (draft 2020-12).
//!
//! It says what the table says: keys, types, words, forms. What only shows after merging is the reader's business.

use serde_json::{Map, Value, json};

use super::keys::{EVENTS, Event, FILE, FieldKind, Keys, Kind, OF_ALL};

/// The schema of a scenario file.
#[must_use]
pub fn schema() -> Value {
    let mut definitions = Map::new();
    let mut whole = Map::new();
    whole.insert(
        "$schema".into(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    whole.insert("title".into(), json!("mtaspec scenario"));
    let mut builder = Builder {
        definitions: &mut definitions,
    };
    let file = builder.table(&FILE, Scope::Merged);
    if let Value::Object(file) = file {
        whole.extend(file);
    }
    definitions.extend(shared().map(|(name, value)| (name.into(), value)));
    definitions.sort_keys();
    whole.insert("$defs".into(), Value::Object(definitions));
    Value::Object(whole)
}

/// The longest value that is written out each time.
const LONG: usize = 60;

/// What may stand in place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// `"healthy"`, or a varied value.
    Merged,
    /// A varied value.
    Varied,
    /// Inside `expect`: nothing else.
    Fixed,
}

struct Builder<'a> {
    definitions: &'a mut Map<String, Value>,
}

impl Builder<'_> {
    fn table(&mut self, keys: &'static Keys, scope: Scope) -> Value {
        let inner = match scope {
            Scope::Merged if !keys.merges => Scope::Varied,
            scope => scope,
        };
        let mut properties = Map::new();
        for key in keys.iter() {
            let scope = if key.name == "expect" {
                Scope::Fixed
            } else {
                inner
            };
            let name = format!("{}.{}", keys.name, key.name);
            let mut value = self.varied(&key.kind, scope, &name);
            if key.name == "expect" && inner == Scope::Merged {
                value = json!({ "anyOf": [value, { "$ref": "#/$defs/healthy" }] });
            }
            let described = format!("{} (default: {})", key.meaning, key.default);
            if let Value::Object(value) = &mut value {
                value.insert("description".into(), json!(described));
            }
            properties.insert(key.name.into(), value);
        }
        let obligatory: Vec<&str> = keys
            .iter()
            .filter(|key| key.is_obligatory())
            .map(|key| key.name)
            .collect();
        let mut table = json!({
            "description": keys.meaning,
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        });
        if !obligatory.is_empty() {
            table["required"] = json!(obligatory);
        }
        table
    }

    /// A reference to the table, which is defined once.
    fn defined(&mut self, keys: &'static Keys, scope: Scope) -> Value {
        if !self.definitions.contains_key(keys.name) {
            self.definitions.insert(keys.name.into(), Value::Null);
            let table = self.table(keys, scope);
            self.definitions.insert(keys.name.into(), table);
        }
        json!({ "$ref": format!("#/$defs/{}", keys.name) })
    }

    /// The value as it is, varied, or taken back. It stands there three times: a long one gets a definition.
    fn varied(&mut self, kind: &'static Kind, scope: Scope, name: &str) -> Value {
        let mut plain = self.plain(kind, scope, name);
        if scope == Scope::Fixed {
            return plain;
        }
        if plain.to_string().len() > LONG {
            self.definitions.insert(name.into(), plain);
            plain = json!({ "$ref": format!("#/$defs/{name}") });
        }
        let values = json!({
            "type": ["array", "object"],
            "items": plain,
            "additionalProperties": plain,
            "minItems": 1,
            "minProperties": 1,
        });
        let vary = json!({
            "type": "object",
            "properties": { "vary": values },
            "required": ["vary"],
            "additionalProperties": false,
        });
        let mut choices = vec![plain, vary];
        if scope == Scope::Merged {
            choices.push(json!({ "$ref": "#/$defs/healthy" }));
        }
        json!({ "anyOf": choices })
    }

    fn plain(&mut self, kind: &'static Kind, scope: Scope, name: &str) -> Value {
        let text = json!({ "type": "string" });
        match kind {
            Kind::Text => text,
            Kind::Flag => json!({ "type": "boolean" }),
            Kind::Number(i64::MIN, i64::MAX) => json!({ "type": "integer" }),
            Kind::Number(least, most) => {
                json!({ "type": "integer", "minimum": least, "maximum": most })
            }
            Kind::Count => json!({ "$ref": "#/$defs/count" }),
            Kind::Form(form) if let Some(words) = form.words() => json!({ "enum": words }),
            Kind::Form(form) if form.regex.is_empty() => text,
            Kind::Form(form) => json!({ "type": "string", "pattern": form.regex }),
            Kind::Word(words) => json!({ "enum": words }),
            Kind::List(_, item) => {
                let scope = if scope == Scope::Merged {
                    Scope::Varied
                } else {
                    scope
                };
                let item = self.varied(item, scope, &format!("{name}.item"));
                json!({ "type": "array", "items": item })
            }
            Kind::OneOrMany(one) => {
                let item = self.plain(one, scope, name);
                json!({ "anyOf": [item, { "type": "array", "items": item }] })
            }
            Kind::OrFalse(one) => {
                json!({ "anyOf": [{ "const": false }, self.plain(one, scope, name)] })
            }
            Kind::Table(keys) => {
                self.defined(keys, if keys.merges { Scope::Merged } else { scope })
            }
            Kind::OrTable(one, keys) => {
                let table = self.defined(keys, if keys.merges { Scope::Merged } else { scope });
                json!({ "anyOf": [self.plain(one, scope, name), table] })
            }
            Kind::Named(names, item) => {
                let mut table = json!({
                    "type": "object",
                    "additionalProperties": self.varied(item, scope, &format!("{name}.item")),
                });
                if !names.regex.is_empty() {
                    table["propertyNames"] = json!({ "pattern": names.regex });
                }
                table
            }
            Kind::Strings => json!({ "$ref": "#/$defs/texts" }),
            Kind::Pattern => self.pattern(),
        }
    }

    fn pattern(&mut self) -> Value {
        if !self.definitions.contains_key("pattern") {
            let events: Vec<Value> = EVENTS.iter().map(event).collect();
            self.definitions
                .insert("pattern".into(), json!({ "oneOf": events }));
        }
        json!({ "$ref": "#/$defs/pattern" })
    }
}

/// What the values of many keys and fields have in common.
fn shared() -> [(&'static str, Value); 5] {
    let text = json!({ "type": "string" });
    let number = json!({ "type": "integer" });
    let count = json!({ "type": "string", "pattern": r"^(>=)?\d+$|^\d+\.\.\d+$" });
    [
        (
            "healthy",
            json!({ "const": "healthy", "description": "takes back what the file said" }),
        ),
        ("flag", json!({ "type": "boolean" })),
        (
            "texts",
            json!({ "anyOf": [text, { "type": "array", "items": text }] }),
        ),
        (
            "numbers",
            json!({ "anyOf": [number, text, { "type": "array", "items": number }] }),
        ),
        (
            "count",
            json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, count] }),
        ),
    ]
}

fn event(event: &Event) -> Value {
    let mut properties = Map::new();
    properties.insert("event".into(), json!({ "const": event.name }));
    properties.insert("count".into(), json!({ "$ref": "#/$defs/count" }));
    for field in event.fields.iter().chain(&OF_ALL) {
        let definition = match field.kind {
            FieldKind::Flag => "flag",
            FieldKind::Text => "texts",
            FieldKind::Number => "numbers",
        };
        let mut value = json!({ "$ref": format!("#/$defs/{definition}") });
        value["description"] = json!(field.meaning);
        properties.insert(field.name.into(), value);
    }
    json!({
        "description": event.meaning,
        "type": "object",
        "properties": properties,
        "required": ["event"],
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_schema_is_that_of_the_key_table() {
        let committed = include_str!("../../../scenarios/schema.json");
        let made = format!("{:#}\n", schema());
        assert!(
            committed == made,
            "`cargo xtask schema` writes scenarios/schema.json anew"
        );
    }

    #[test]
    fn every_reference_leads_to_a_definition() {
        let schema = schema();
        let text = schema.to_string();
        for reference in text.split("#/$defs/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schema["$defs"][name].is_object(), "{name}");
        }
    }
}
