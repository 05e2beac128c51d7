//! Max-min fair rates by the definition, over the whole set of flows and in floats: all rates rise together; when a
//! line is full, the flows on it stop rising.

/// Rates of flows `(sender, receiver)` over lines `(up, down)` of each node, where there is a limit.
pub(crate) fn water_filling(lines: &[(Option<f64>, Option<f64>)], flows: &[(usize, usize)]) -> Vec<f64> {
    let limit = |node: usize, is_up: bool| if is_up { lines[node].0 } else { lines[node].1 };
    let every_line = || (0..lines.len()).flat_map(|node| [(node, true), (node, false)]);
    let on = |&(from, to): &(usize, usize), (node, is_up): (usize, bool)| {
        if is_up { from == node } else { to == node }
    };
    let mut rates = vec![0.0; flows.len()];
    let mut rising = vec![true; flows.len()];
    while rising.iter().any(|&rises| rises) {
        // How far can all rising rates go on together?
        let mut step = f64::INFINITY;
        let mut full = Vec::new();
        for line in every_line() {
            let Some(limit) = limit(line.0, line.1) else { continue };
            let used: f64 = (0..flows.len()).filter(|&i| on(&flows[i], line)).map(|i| rates[i]).sum();
            let count = (0..flows.len()).filter(|&i| rising[i] && on(&flows[i], line)).count();
            if count > 0 {
                let room = ((limit - used) / count as f64).max(0.0);
                if room < step * (1.0 - 1e-12) {
                    full.clear();
                }
                if room <= step * (1.0 + 1e-12) {
                    full.push(line);
                    step = step.min(room);
                }
            }
        }
        assert!(step.is_finite(), "every flow has a limited end");
        for i in 0..flows.len() {
            rates[i] += if rising[i] { step } else { 0.0 };
        }
        for i in 0..flows.len() {
            rising[i] &= !full.iter().any(|&line| on(&flows[i], line));
        }
    }
    rates
}
