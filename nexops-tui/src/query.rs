//! The small language of filters: `web !test state:running cpu>80 tag:prod`.
//!
//! All terms must hold. A plain word is looked for in everything that is shown, in any case of letters.

use std::borrow::Cow;

/// What a row tells a filter about one of its properties.
#[derive(Debug, Clone, PartialEq)]
pub enum Property<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// Several texts, any of which may be meant.
    Texts(&'a [String]),
    /// A number; `None` when it is not known, which no comparison accepts.
    Number(Option<f64>),
}

/// Something that can be filtered.
pub trait Filterable {
    /// The properties that can be named, for messages.
    const PROPERTIES: &'static [&'static str];

    /// The property of this name; `None` when there is no such property.
    fn property(&self, name: &str) -> Option<Property<'_>>;

    /// Calls `visit` with every text in which a plain word may be found, until it says that it has found it.
    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool;
}

/// A filter that was typed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Word(String),
    Is { name: String, value: String },
    Compares { name: String, comparison: Comparison, value: f64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Query {
    /// Reads a filter.
    ///
    /// # Errors
    /// A sentence that says what cannot be understood.
    pub fn parse<R: Filterable>(text: &str) -> Result<Self, String> {
        let terms = text.split_whitespace().filter(|word| *word != "!").map(term::<R>).collect::<Result<_, _>>()?;
        Ok(Self { terms })
    }

    /// Whether nothing is left out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a row belongs to what is wanted.
    pub fn accepts<R: Filterable>(&self, row: &R) -> bool {
        self.terms.iter().all(|term| term.test.holds(row) != term.negated)
    }

    /// The plain words that are looked for, so that they can be lit up.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter(|term| !term.negated).filter_map(|term| match &term.test {
            Test::Word(word) => Some(word.as_str()),
            Test::Is { .. } | Test::Compares { .. } => None,
        })
    }
}

fn term<R: Filterable>(word: &str) -> Result<Term, String> {
    let (negated, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
    let Some(at) = word.find([':', '>', '<']).filter(|at| *at > 0) else {
        return Ok(Term { negated, test: Test::Word(word.to_lowercase()) });
    };
    let (name, rest) = word.split_at(at);
    let name = name.to_lowercase();
    if !R::PROPERTIES.contains(&name.as_str()) {
        return Err(format!("there is no '{name}' here; it is one of {}", R::PROPERTIES.join(", ")));
    }
    let comparisons =
        [(">=", Comparison::AtLeast), ("<=", Comparison::AtMost), (">", Comparison::Above), ("<", Comparison::Below)];
    for (sign, comparison) in comparisons {
        if let Some(number) = rest.strip_prefix(sign) {
            let number = number.trim_end_matches('%');
            let value = number.parse().map_err(|_| format!("'{word}': a number is wanted after {sign}"))?;
            return Ok(Term { negated, test: Test::Compares { name, comparison, value } });
        }
    }
    let value = rest[1..].to_lowercase();
    Ok(Term { negated, test: Test::Is { name, value } })
}

impl Test {
    fn holds<R: Filterable>(&self, row: &R) -> bool {
        match self {
            Self::Word(word) => row.any_text(&mut |text| contains(text, word)),
            Self::Is { name, value } => match row.property(name) {
                None => false,
                Some(Property::Text(text)) => contains(&text, value),
                Some(Property::Texts(texts)) => texts.iter().any(|text| contains(text, value)),
                Some(Property::Number(number)) => number.is_some_and(|number| number.to_string() == *value),
            },
            Self::Compares { name, comparison, value } => match row.property(name) {
                Some(Property::Number(Some(number))) => match comparison {
                    Comparison::Above => number > *value,
                    Comparison::AtLeast => number >= *value,
                    Comparison::Below => number < *value,
                    Comparison::AtMost => number <= *value,
                },
                Some(Property::Number(None) | Property::Text(_) | Property::Texts(_)) | None => false,
            },
        }
    }
}

/// Whether a text holds a word that is in lower case already.
fn contains(text: &str, word: &str) -> bool {
    if text.is_ascii() && word.is_ascii() {
        let (text, word) = (text.as_bytes(), word.as_bytes());
        return word.is_empty() || text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
    }
    text.to_lowercase().contains(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    struct Guest {
        name: &'static str,
        cpu: Option<f64>,
        tags: Vec<String>,
    }

    impl Filterable for Guest {
        const PROPERTIES: &'static [&'static str] = &["name", "cpu", "tag"];

        fn property(&self, name: &str) -> Option<Property<'_>> {
            match name {
                "name" => Some(Property::Text(self.name.into())),
                "cpu" => Some(Property::Number(self.cpu)),
                "tag" => Some(Property::Texts(&self.tags)),
                _ => None,
            }
        }

        fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
            visit(self.name)
        }
    }

    #[rstest]
    #[case("", true)]
    #[case("web", true)]
    #[case("WEB", true)]
    #[case("!web", false)]
    #[case("web !test", true)]
    #[case("cpu>80", true)]
    #[case("cpu>=81.5%", true)]
    #[case("cpu<81.5", false)]
    #[case("tag:prod", true)]
    #[case("!tag:prod", false)]
    #[case("name:eb-", true)]
    #[case("web cpu<50", false)]
    fn a_filter_accepts_what_it_describes(#[case] text: &str, #[case] accepted: bool) {
        let guest = Guest { name: "web-1", cpu: Some(81.5), tags: vec!["prod".to_owned()] };
        assert_eq!(Query::parse::<Guest>(text).unwrap().accepts(&guest), accepted);
    }

    #[test]
    fn what_is_not_known_is_neither_above_nor_below() {
        let guest = Guest { name: "x", cpu: None, tags: Vec::new() };
        for text in ["cpu>0", "cpu<100", "cpu>=0", "cpu<=0"] {
            assert!(!Query::parse::<Guest>(text).unwrap().accepts(&guest), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_said() {
        assert!(Query::parse::<Guest>("colour:red").unwrap_err().contains("name, cpu, tag"));
        assert!(Query::parse::<Guest>("cpu>much").unwrap_err().contains("a number"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            if let Ok(query) = Query::parse::<Guest>(&text) {
                query.accepts(&Guest { name: "ä-1", cpu: Some(1.0), tags: Vec::new() });
            }
        }
    }
}
