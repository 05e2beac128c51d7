//! "Did you mean": the nearest known words.

use strsim::normalized_damerau_levenshtein;

/// How alike two words must be, from 0 (nothing) to 1 (the same).
const ALIKE: f64 = 0.55;

/// Letters from which on the beginning of a name stands for it.
const BEGINNING: usize = 4;

/// How alike a name and its beginning are: less than a name with one slip.
const BEGINS: f64 = 0.85;

/// The candidate most like `word`, if one is like it. Of equals, the first.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_few(word, candidates, 1).pop()
}

/// At most `most` candidates like `word`, the most alike first. Of equals, the first.
pub fn nearest_few<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    // A word longer than any name could be is not worth the quadratic comparison.
    let word: String = word.chars().take(100).collect::<String>().to_lowercase();
    let mut best: Vec<(f64, &str)> = Vec::new();
    for candidate in candidates {
        let candidate_lower = candidate.to_lowercase();
        let begins = word.len() >= BEGINNING && candidate_lower.starts_with(&word);
        let alike = if begins { BEGINS } else { normalized_damerau_levenshtein(&word, &candidate_lower) };
        if alike >= ALIKE {
            let place = best.partition_point(|&(other, _)| other >= alike);
            best.insert(place, (alike, candidate));
            best.truncate(most);
        }
    }
    best.into_iter().map(|(_, candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_found_and_a_stranger_is_not() {
        let names = ["count", "uplink", "downlink", "region"];
        assert_eq!(nearest("cuont", names), Some("count"));
        assert_eq!(nearest("up_link", names), Some("uplink"));
        assert_eq!(nearest("Region", names), Some("region"));
        assert_eq!(nearest("sealing", names), None);
        // One letter of six is wrong, two of seven, five of eight.
        let links = ["downlink", "uplinks", "uplink"];
        assert_eq!(nearest_few("upling", links, 3), ["uplink", "uplinks"]);
        assert_eq!(nearest_few("upling", links, 1), ["uplink"]);
        assert_eq!(
            nearest("Germany West", ["Germany North", "Germany West Central"]),
            Some("Germany West Central")
        );
    }
}
