//! Names that somebody may have meant.

/// How many to offer.
const OFFERED: usize = 3;

/// The known names closest to `name`, best first; none when all are far off.
pub fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let tolerated = name.chars().count() / 3 + 1;
    let mut near: Vec<(usize, &str)> = known
        .filter_map(|candidate| {
            let edits = edits(&name.to_lowercase(), &candidate.to_lowercase());
            let begins_alike = candidate.to_lowercase().starts_with(&name.to_lowercase());
            (edits <= tolerated || begins_alike).then_some((edits, candidate))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(OFFERED).map(|(_, candidate)| candidate.to_owned()).collect()
}

/// Letters to insert, delete or replace to get from one to the other (Levenshtein).
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (above, other) in row.iter_mut().skip(1).zip(&to) {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = *above;
            left = replaced.min(left + 1).min(*above + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_in_letters() {
        for (from, to, expected) in [
            ("", "", 0),
            ("web", "", 3),
            ("", "web", 3),
            ("web-1", "web-2", 1),
            ("kitten", "sitting", 3),
            ("é", "e", 1),
        ] {
            assert_eq!(edits(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn only_near_names_are_offered_and_the_nearest_first() {
        let known = ["database", "web-2", "web-1", "web-1-copy"];
        assert_eq!(closest("web1", known.into_iter()), ["web-1", "web-2"]);
        assert_eq!(closest("web-1", known.into_iter()), ["web-1", "web-2", "web-1-copy"]);
        assert!(closest("mail", known.into_iter()).is_empty());
    }
}
