//! Documents without what goes without saying.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_yaml_ng::{Mapping, Value};

/// The mapping without the keys that say the same when they are not there.
pub fn without_defaults<T: Serialize + DeserializeOwned>(full: Mapping) -> Mapping {
    let mut short = full;
    for path in paths(&short) {
        let mut shorter = short.clone();
        remove(&mut shorter, &path);
        if meaning::<T>(&shorter).is_some_and(|meaning| Some(meaning) == self::meaning::<T>(&short)) {
            short = shorter;
        }
    }
    short
}

/// Everything that a mapping says, defaults too; `None` when it is not complete.
fn meaning<T: Serialize + DeserializeOwned>(mapping: &Mapping) -> Option<Value> {
    let value: T = serde_yaml_ng::from_value(Value::Mapping(mapping.clone())).ok()?;
    serde_yaml_ng::to_value(&value).ok()
}

/// The keys, each with those that lead to it; what holds others comes first.
fn paths(mapping: &Mapping) -> Vec<Vec<Value>> {
    let mut found = Vec::new();
    for (key, value) in mapping {
        found.push(vec![key.clone()]);
        if let Value::Mapping(inner) = value {
            found.extend(paths(inner).into_iter().map(|path| [vec![key.clone()], path].concat()));
        }
    }
    found
}

fn remove(mapping: &mut Mapping, path: &[Value]) {
    match path {
        [] => {}
        // In order: `swap_remove` would put the last key in its place.
        [key] => drop(mapping.shift_remove(key)),
        [key, rest @ ..] => {
            if let Some(Value::Mapping(inner)) = mapping.get_mut(key) {
                remove(inner, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use nexops_core::service::ServiceSettings;

    use super::*;

    #[test]
    fn what_differs_from_the_defaults_stays_also_deep_inside() {
        let mut settings = ServiceSettings::named("wiki");
        settings.health_check_url = Some("https://wiki.example/".to_owned());
        settings.check.retries = 5;
        let Value::Mapping(full) = serde_yaml_ng::to_value(&settings).unwrap() else { unreachable!("it is a struct") };
        let short = serde_yaml_ng::to_string(&without_defaults::<ServiceSettings>(full)).unwrap();
        assert_eq!(short, "name: wiki\nhealth_check_url: https://wiki.example/\ncheck:\n  retries: 5\n");
    }
}
