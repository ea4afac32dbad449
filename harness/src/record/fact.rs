//! What a case observed: values by name.

use crate::fact::{Fact, Teller, plain};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// A value as a case saw it, in the words of the field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Truth(bool),
    /// A number; 0 is also what a call gives that succeeds without a value.
    Number(i64),
    /// A word: an errno, a signal, a stop, a place.
    Word(String),
    /// Values in their order.
    List(Vec<Value>),
    /// Values by name.
    Fields(Fields),
}

/// Values by name, in the order in which they were told.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fields(pub Vec<(String, Value)>);

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("values by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Fields {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Fields".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        BTreeMap::<String, Value>::json_schema(generator)
    }
}

impl Fact for Value {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        match self {
            Self::Truth(value) => value.tell(to),
            Self::Number(value) => value.tell(to),
            Self::Word(value) => value.tell(to),
            Self::List(values) => values.as_slice().tell(to),
            Self::Fields(fields) => {
                let fields = fields.0.iter();
                to.fields(fields.map(|(name, value)| (name.as_str(), value as &dyn Fact)))
            }
        }
    }
}

/// One line for people.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        plain(self, f)
    }
}

/// A value, and how often it was seen in a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Seen {
    /// The value.
    pub value: Value,
    /// How often; once where it is absent.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub times: usize,
}

const fn once() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_once(times: &usize) -> bool {
    *times == 1
}

/// What a case observed: under each name, what it saw, in that order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Facts(pub BTreeMap<String, Vec<Seen>>);

/// The longest line of one name, in bytes; what is beyond it is counted.
const ROOM: usize = 400;

impl Facts {
    /// Whether nothing was observed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what was seen last under `name`.
    pub fn add(&mut self, name: &str, value: Value) {
        let values = self.0.entry(name.to_owned()).or_default();
        match values.last_mut() {
            Some(last) if last.value == value => last.times += 1,
            _ => values.push(Seen { value, times: 1 }),
        }
    }

    /// The names with what was seen under each, in one line for people: `EINVAL ×186, 0`.
    pub fn lines(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|(name, seen)| (name.as_str(), line(seen)))
    }

    /// What was seen under `name`, in one line for people.
    pub fn line(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|seen| line(seen))
    }
}

impl<N: Into<String>> FromIterator<(N, Value)> for Facts {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(facts: I) -> Self {
        let mut all = Self::default();
        for (name, value) in facts {
            all.add(&name.into(), value);
        }
        all
    }
}

fn line(seen: &[Seen]) -> String {
    let mut text = String::new();
    for (position, Seen { value, times }) in seen.iter().enumerate() {
        let value = value.to_string();
        if text.len() + value.len() > ROOM && position > 0 {
            return format!("{text}, and {} more", seen.len() - position);
        }
        let comma = if position == 0 { "" } else { ", " };
        let often = if *times == 1 { String::new() } else { format!(" \u{d7}{times}") };
        text += &format!("{comma}{value}{often}");
    }
    text
}

/// All facts of a case in one line for people: `call = dispatched, native; prctl = EINVAL ×186, 0`. Empty
/// where there are none.
pub fn facts_line(facts: &Facts) -> String {
    let facts: Vec<_> = facts.lines().map(|(name, line)| format!("{name} = {line}")).collect();
    facts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(words: &[&str]) -> Facts {
        words.iter().map(|word| ("n", Value::Word((*word).into()))).collect()
    }

    #[test]
    fn facts_of_one_name_become_a_list() {
        assert_eq!(words(&["a", "a", "b", "a"]).line("n").as_deref(), Some("a \u{d7}2, b, a"));
        assert_eq!(words(&[]).line("n"), None);
    }

    #[test]
    fn a_long_list_is_cut_for_people_and_not_in_the_record() {
        let facts: Facts =
            (0..200).map(|value| ("n", Value::Word(format!("{value:03}")))).collect();
        let text = facts.line("n").expect("there");
        assert!(text.len() < 500 && text.ends_with(" more"), "{text}");
        assert_eq!(facts.0["n"].len(), 200);
    }

    /// What fits is told to the last character, and one that does not is told alone.
    #[test]
    fn a_list_may_be_as_long_as_there_is_room() {
        let seen = |first: usize| words(&[&"x".repeat(first), "y"]).line("n").expect("there");
        assert_eq!(seen(397).len(), 397 + ", y".len());
        assert_eq!(seen(399).len(), 399 + ", y".len());
        assert_eq!(seen(400), format!("{}, and 1 more", "x".repeat(400)));
        assert_eq!(words(&[&"x".repeat(500)]).line("n").map(|line| line.len()), Some(500));
    }

    #[test]
    fn all_facts_are_one_line_in_the_words_of_the_field() {
        let fields = Fields(vec![
            ("rip".to_owned(), Value::Word("insn+2".into())),
            ("rax".to_owned(), Value::List(vec![Value::Number(-4), Value::Truth(true)])),
        ]);
        let facts = Facts::from_iter([
            ("prctl", Value::Word("EINVAL".into())),
            ("prctl", Value::Word("EINVAL".into())),
            ("prctl", Value::Number(0)),
            ("context", Value::Fields(fields.clone())),
            ("contexts", Value::List(vec![Value::Fields(fields)])),
        ]);
        let line = "context = rip insn+2 rax [-4, true]; contexts = [(rip insn+2 rax [-4, true])]; \
                    prctl = EINVAL \u{d7}2, 0";
        assert_eq!(facts_line(&facts), line);
        assert_eq!(facts_line(&Facts::default()), "");
    }

    /// How often is written where it is more than once.
    #[test]
    fn a_value_is_written_with_how_often_it_was_seen() {
        let json = r#"{"n":[{"value":"a","times":2},{"value":0}]}"#;
        let facts: Facts = serde_json::from_str(json).expect("facts");
        assert_eq!(serde_json::to_string(&facts).expect("JSON"), json);
        assert_eq!(facts.line("n").as_deref(), Some("a \u{d7}2, 0"));
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::Truth),
            any::<i64>().prop_map(Value::Number),
            any::<String>().prop_map(Value::Word),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                prop::collection::vec((any::<String>(), inner), 0..4)
                    .prop_map(|fields| Value::Fields(Fields(fields))),
            ]
        })
    }

    proptest! {
        /// What a case tells is what the record holds: the two ways to JSON agree.
        #[test]
        fn what_is_told_is_what_is_read(value in value()) {
            let mut told = String::new();
            value.tell(&mut Teller::json(&mut told)).expect("there is room");
            prop_assert_eq!(serde_json::from_str::<Value>(&told).expect("JSON"), value.clone());
            let written = serde_json::to_string(&value).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<Value>(&written).expect("JSON"), value);
        }
    }
}
