//! `--filter` and `--until`: which rows are meant, by words and by comparisons of their fields.

use std::str::FromStr;

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::Field;

/// Terms that must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(Vec<Term>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    /// Some field contains the word.
    Word(String),
    /// The field stands in the relation to the value.
    Field { name: String, relation: Relation, value: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Is,
    IsNot,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// How relations are written; where one begins like another, the longer comes first.
const RELATIONS: [(&str, Relation); 7] = [
    ("!=", Relation::IsNot),
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("<", Relation::Less),
    (">", Relation::More),
    ("=", Relation::Is),
    (":", Relation::Is),
];

/// Short names of fields.
const ALIASES: [(&str, &str); 9] = [
    ("cpu", "cpu_usage"),
    ("disk", "disk_usage"),
    ("ip", "ip_address"),
    ("mem", "memory_usage"),
    ("memory", "memory_usage"),
    ("name", "hostname"),
    ("state", "status"),
    ("tag", "tags"),
    ("uptime", "uptime_seconds"),
];

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let terms = words(text)?.iter().map(|word| Term::parse(word)).collect::<std::result::Result<Vec<_>, _>>()?;
        if terms.is_empty() { Err("it has no term; write one as status:running".to_owned()) } else { Ok(Self(terms)) }
    }
}

impl Term {
    fn parse(text: &str) -> std::result::Result<Self, String> {
        let (negated, rest) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let end = rest.find(|character: char| !(character.is_ascii_alphanumeric() || "_-%".contains(character)));
        let (name, tail) = rest.split_at(end.unwrap_or(rest.len()));
        let relation = RELATIONS.iter().find(|(sign, _)| !name.is_empty() && tail.starts_with(sign));
        let test = match relation {
            Some((sign, relation)) => {
                let value = tail[sign.len()..].to_owned();
                if value.is_empty() {
                    return Err(format!("'{text}' has no value; write it as {name}{sign}VALUE"));
                }
                Test::Field { name: name.to_owned(), relation: *relation, value }
            }
            None if rest.is_empty() => return Err(format!("'{text}' says nothing")),
            None => Test::Word(rest.to_lowercase()),
        };
        Ok(Self { negated, test })
    }
}

/// The words of a text; quotes keep spaces together.
pub fn words(text: &str) -> std::result::Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for character in text.chars() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, _) if character.is_whitespace() => {
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            }
            (Some(_) | None, _) => word.push(character),
        }
    }
    if let Some(open) = quote {
        return Err(format!("the quote {open} is not closed"));
    }
    words.extend((!word.is_empty()).then_some(word));
    Ok(words)
}

impl Filter {
    /// The filter for rows with these fields.
    ///
    /// # Errors
    /// When a term names a field that they do not have.
    pub fn of<T>(&self, fields: &'static [Field<T>]) -> Result<impl Fn(&T) -> bool + use<T>> {
        type Bound<T> = (bool, Option<(fn(&T) -> Option<String>, Relation)>, String);
        let mut terms: Vec<Bound<T>> = Vec::with_capacity(self.0.len());
        for Term { negated, test } in &self.0 {
            match test {
                Test::Word(word) => terms.push((*negated, None, word.clone())),
                Test::Field { name, relation, value } => {
                    let field = field_named(name, fields)?;
                    terms.push((*negated, Some((field.value, *relation)), value.clone()));
                }
            }
        }
        Ok(move |row: &T| {
            terms.iter().all(|(negated, field, wanted)| {
                let holds = match field {
                    Some((value, relation)) => stands(value(row).as_deref(), *relation, wanted),
                    None => fields
                        .iter()
                        .filter_map(|field| (field.value)(row))
                        .any(|text| text.to_lowercase().contains(wanted)),
                };
                holds != *negated
            })
        })
    }
}

/// The field that somebody means: by its name in the API, a short name, or a table's header.
///
/// # Errors
/// When there is none; the failure names those that there are.
pub fn field_named<T>(name: &str, fields: &'static [Field<T>]) -> Result<&'static Field<T>> {
    let plain = name.trim_end_matches('%').to_lowercase().replace(['-', ' '], "_");
    let find = |name: &str| fields.iter().find(|field| field.name == name);
    find(&plain)
        .or_else(|| ALIASES.iter().filter(|(short, _)| *short == plain).find_map(|(_, long)| find(long)))
        .ok_or_else(|| {
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            Failure::new(Exit::Usage, "UNKNOWN_COLUMN", format!("there is no column '{name}'"))
                .with_hint(format!("the columns are {}", known.join(", ")))
        })
}

/// Whether a value stands in a relation to another; one that is not known stands in none but "is not".
fn stands(value: Option<&str>, relation: Relation, wanted: &str) -> bool {
    use std::cmp::Ordering;
    let Some(value) = value else { return relation == Relation::IsNot };
    let order = || match (value.parse::<f64>(), number(wanted)) {
        (Ok(value), Some(wanted)) => value.partial_cmp(&wanted),
        (Err(_), None) => Some(value.cmp(wanted)),
        (Ok(_), None) | (Err(_), Some(_)) => None,
    };
    match relation {
        Relation::Is => is(value, wanted),
        Relation::IsNot => !is(value, wanted),
        Relation::Less => order() == Some(Ordering::Less),
        Relation::AtMost => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
        Relation::More => order() == Some(Ordering::Greater),
        Relation::AtLeast => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// A number, or a span of time in seconds.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().or_else(|| humantime::parse_duration(text).ok().map(|span| span.as_secs_f64()))
}

/// Whether the value, or one of several in it, is the wanted one. Case does not matter, and `*` stands for anything.
fn is(value: &str, wanted: &str) -> bool {
    let same_number = matches!((value.parse::<f64>(), wanted.parse::<f64>()), (Ok(one), Ok(other)) if one == other);
    let wanted = wanted.to_lowercase();
    same_number || value.to_lowercase().split(';').any(|one| fits(one, &wanted))
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn fits(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(place) => rest = &rest[place + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    struct Thing {
        name: &'static str,
        cpu: Option<f64>,
        tags: &'static str,
    }

    const FIELDS: &[Field<Thing>] = &[
        Field { name: "hostname", value: |thing| Some(thing.name.to_owned()) },
        Field { name: "cpu_usage", value: |thing| thing.cpu.map(|cpu| cpu.to_string()) },
        Field { name: "tags", value: |thing| Some(thing.tags.to_owned()) },
        Field { name: "uptime_seconds", value: |_| Some("7200".to_owned()) },
        Field { name: "since", value: |_| Some("2026-03-15T10:30:00.000Z".to_owned()) },
    ];

    #[rstest]
    #[case("web", true)]
    #[case("WEB-1", true)]
    #[case("!db", true)]
    #[case("db", false)]
    #[case("name:web-1", true)]
    #[case("name:web", false)]
    #[case("name=Web-*", true)]
    #[case("name:*-1", true)]
    #[case("name:*e*1", true)]
    #[case("name:*x*1", false)]
    #[case("name!=web-2", true)]
    #[case("cpu>80", true)]
    #[case("cpu>=80.5 cpu<=80.5", true)]
    #[case("cpu<80.5", false)]
    #[case("cpu=80.50", true)]
    #[case("CPU%>80", true)]
    #[case("tag:prod tag:eu", true)]
    #[case("tag:prod !tag:eu", false)]
    #[case("tag:pro", false)]
    #[case("uptime>1h", true)]
    #[case("uptime>3h", false)]
    #[case("since>2026-03-01", true)]
    #[case("cpu>much", false)]
    #[case("\"web-1\"", true)]
    #[case("name:'web 1'", false)]
    fn a_term_tells_rows_apart(#[case] filter: Filter, #[case] expected: bool) {
        let thing = Thing { name: "web-1", cpu: Some(80.5), tags: "eu;prod" };
        assert_eq!(filter.of(FIELDS).unwrap()(&thing), expected);
    }

    #[rstest]
    #[case("cpu>0", false)]
    #[case("cpu<100", false)]
    #[case("cpu=0", false)]
    #[case("cpu!=0", true)]
    fn what_is_not_known_is_neither_more_nor_less(#[case] filter: Filter, #[case] expected: bool) {
        assert_eq!(filter.of(FIELDS).unwrap()(&Thing { name: "a", cpu: None, tags: "" }), expected);
    }

    #[test]
    fn a_field_that_is_not_there_is_refused_with_those_that_are() {
        let filter: Filter = "colour:red".parse().unwrap();
        let failure = filter.of(FIELDS).map(|_| ()).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.hint.unwrap().contains("cpu_usage"), "{}", failure.message);
    }

    #[rstest]
    #[case("")]
    #[case("  ")]
    #[case("!")]
    #[case("cpu>")]
    #[case("name:'web")]
    fn what_says_nothing_is_refused(#[case] text: &str) {
        assert!(text.parse::<Filter>().is_err());
    }
}
