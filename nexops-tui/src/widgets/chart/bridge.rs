//! Joins points that were measured more rarely than the chart has room for.

/// The same points with straight lines between those that follow each other as evenly as was measured there. What is
/// longer than the steps beside it stays a gap: something was missed.
#[must_use]
pub fn bridge(points: &[Option<f64>]) -> Vec<Option<f64>> {
    let known: Vec<(usize, f64)> =
        points.iter().enumerate().filter_map(|(place, point)| Some((place, (*point)?))).collect();
    let steps: Vec<usize> = known.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    let mut bridged = points.to_vec();
    for (number, step) in steps.iter().enumerate().filter(|(_, step)| **step > 1) {
        let before = number.checked_sub(1).and_then(|number| steps.get(number));
        let beside = before.into_iter().chain(steps.get(number + 1)).max();
        // Half a step more is no gap: what is measured by the clock comes now a little early, now a little late.
        if beside.is_none_or(|beside| step * 2 > beside * 3) {
            continue;
        }
        let ((from, start), (_, end)) = (known[number], known[number + 1]);
        for way in 1..*step {
            #[expect(clippy::cast_precision_loss, reason = "the number of points of a chart")]
            let share = way as f64 / *step as f64;
            bridged[from + way] = Some(start + (end - start) * share);
        }
    }
    bridged
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::bridge;

    const NONE: Option<f64> = None;

    #[rstest]
    #[case::even_steps(
        &[Some(1.0), NONE, Some(3.0), NONE, Some(1.0)],
        &[Some(1.0), Some(2.0), Some(3.0), Some(2.0), Some(1.0)]
    )]
    #[case::a_hole_among_neighbours(&[Some(1.0), Some(2.0), NONE, Some(4.0), Some(5.0)], &[Some(1.0), Some(2.0), NONE, Some(4.0), Some(5.0)])]
    #[case::a_missed_one(
        &[Some(0.0), NONE, Some(2.0), NONE, NONE, NONE, Some(6.0), NONE, Some(8.0)],
        &[Some(0.0), Some(1.0), Some(2.0), NONE, NONE, NONE, Some(6.0), Some(7.0), Some(8.0)]
    )]
    #[case::from_rare_to_often(
        &[Some(0.0), NONE, Some(2.0), NONE, Some(4.0), Some(5.0), Some(6.0)],
        &[Some(0.0), Some(1.0), Some(2.0), Some(3.0), Some(4.0), Some(5.0), Some(6.0)]
    )]
    #[case::two_alone(&[Some(1.0), NONE, Some(3.0)], &[Some(1.0), NONE, Some(3.0)])]
    #[case::nothing(&[], &[])]
    fn points_are_joined_where_they_come_evenly(#[case] points: &[Option<f64>], #[case] bridged: &[Option<f64>]) {
        assert_eq!(bridge(points), bridged);
    }
}
