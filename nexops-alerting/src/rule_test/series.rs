//! Series: the samples of a test.

use nexops_core::metric::{Metric, SourceType};

use super::fault::Fault;
use super::reader::Reader;
use super::time::Millis;
use super::yaml::{Content, Node};

/// The most values of a series.
const MOST_VALUES: usize = 1_000_000;

/// The thing that a series is measured of, as `vm/101`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its kind.
    pub kind: SourceType,
    /// Its whole name.
    pub name: String,
}

/// What is measured of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The source.
    pub source: Source,
    /// What is measured.
    pub metric: Metric,
    /// The samples that are there, in the order of their times.
    pub samples: Vec<(Millis, f64)>,
    /// The time of the last value, also of one that is not there.
    pub last: Millis,
}

/// Reads one series.
pub fn series(node: Node, path: &str, interval: Millis) -> Result<Series, Fault> {
    let mut reader = Reader::new(node, path)?;
    let source = reader.parsed("source", source)?.ok_or_else(|| reader.fault("source", "it is missing"))?;
    let metric = reader.parsed("metric", |text| text.parse::<Metric>().map_err(|error| error.to_string()))?;
    let metric = metric.ok_or_else(|| reader.fault("metric", "it is missing"))?;
    let values = reader.parsed("values", values)?;
    let explicit = reader.list("samples")?;
    let samples_path = reader.path("samples");
    let both = reader.fault("values", "give either values or samples, and not both");
    reader.end()?;
    let all: Vec<(Millis, Option<f64>)> = match (values, explicit) {
        (Some(values), None) => (0..).map(|index: i64| Millis(index * interval.0)).zip(values).collect(),
        (None, Some(samples)) => samples
            .into_iter()
            .enumerate()
            .map(|(index, sample)| explicit_sample(sample, &format!("{samples_path}[{index}]")))
            .collect::<Result<_, _>>()?,
        (Some(_), Some(_)) | (None, None) => return Err(both),
    };
    let last = all.iter().map(|(at, _)| *at).max().unwrap_or_default();
    let mut samples: Vec<(Millis, f64)> = all.into_iter().filter_map(|(at, value)| Some((at, value?))).collect();
    samples.sort_by_key(|(at, _)| *at);
    Ok(Series { source, metric, samples, last })
}

/// Reads the name of a source.
pub fn source(text: &str) -> Result<Source, String> {
    let parts = text.split_once('/').filter(|(_, name)| !name.trim().is_empty());
    let (kind, _) =
        parts.ok_or_else(|| format!("'{text}' is no source: write it like vm/101, node/pve1 or service/shop"))?;
    let kind: SourceType = kind.parse().map_err(|error: nexops_core::text::UnknownWord| error.to_string())?;
    Ok(Source { kind, name: text.to_owned() })
}

/// Reads `70 85x4 _x3 nan null`.
fn values(text: &str) -> Result<Vec<Option<f64>>, String> {
    let mut values = Vec::new();
    for word in text.split_whitespace() {
        let (value, times) = match word.rsplit_once(['x', 'X']) {
            Some((value, times)) => {
                let count = times.parse::<usize>().ok().filter(|count| (1..=MOST_VALUES).contains(count));
                (value, count.ok_or_else(|| format!("'{word}' does not say how often: write it like 85x4"))?)
            }
            None => (word, 1),
        };
        let value = self::value(value).map_err(|()| {
            format!(
                "'{word}' is no value: write a number, _ for no sample, nan or null, each with a repetition like x4"
            )
        })?;
        if values.len() + times > MOST_VALUES {
            return Err(format!("these are more than {MOST_VALUES} values"));
        }
        values.extend(std::iter::repeat_n(value, times));
    }
    Ok(values)
}

/// A number, or nothing: what is no finite number is no sample.
fn value(text: &str) -> Result<Option<f64>, ()> {
    match text.to_ascii_lowercase().as_str() {
        "_" | "null" | "~" | "nan" | ".nan" | "inf" | "-inf" | "+inf" | ".inf" | "-.inf" | "+.inf" => Ok(None),
        text => text.parse::<f64>().map(Some).map_err(|_| ()).map(|value| value.filter(|value| value.is_finite())),
    }
}

fn explicit_sample(node: Node, path: &str) -> Result<(Millis, Option<f64>), Fault> {
    let line = node.line;
    let wrong = |reason: String| Fault::new(line, path, reason);
    let Content::List(parts) = node.content else {
        return Err(wrong("a sample is a pair [seconds, value]".to_owned()));
    };
    let texts: Vec<String> = parts
        .into_iter()
        .map(|part| match part.content {
            Content::Scalar { text, .. } => Ok(text),
            Content::List(_) | Content::Map(_) => Err(wrong("a sample is a pair [seconds, value]".to_owned())),
        })
        .collect::<Result<_, _>>()?;
    let [at, value] = texts.as_slice() else {
        return Err(wrong("a sample is a pair [seconds, value]".to_owned()));
    };
    let at = Millis::parse(at).map_err(&wrong)?;
    if at < Millis(0) {
        return Err(wrong("a sample cannot lie before the beginning".to_owned()));
    }
    let value = if value.is_empty() { Ok(None) } else { self::value(value) };
    Ok((at, value.map_err(|()| wrong("the value must be a number, nan or null".to_owned()))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_words_with_repetitions() {
        let read = values("70 85x4 _x3 nan null -1.5e1 nullx2").unwrap();
        let some = |value: f64| Some(value);
        let mut wanted = vec![some(70.0), some(85.0), some(85.0), some(85.0), some(85.0)];
        wanted.extend([None; 5]);
        wanted.extend([some(-15.0), None, None]);
        assert_eq!(read, wanted);
        assert_eq!(values("").unwrap(), Vec::new());
    }

    #[test]
    fn what_is_no_value_is_a_fault() {
        for wrong in ["85y4", "85x", "x4", "85x0", "85x-1", "85,86", "__", "85 x4", "eighty", "1x1x1"] {
            assert!(values(wrong).is_err(), "{wrong}");
        }
    }
}
