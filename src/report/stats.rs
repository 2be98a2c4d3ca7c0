//! The few numbers that a sample is reported by.

/// The value at a share of the sorted sample: 0.5 is the median. 0 of nothing.
pub fn quantile(sample: &[f64], share: f64) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n => {
            let at = share * (n - 1) as f64;
            let (low, high) = (at.floor() as usize, at.ceil() as usize);
            sorted[low] + (sorted[high] - sorted[low]) * (at - low as f64)
        }
    }
}

pub fn median(sample: &[f64]) -> f64 {
    quantile(sample, 0.5)
}

/// Rounded to a tenth: microseconds of what is done once need no more digits.
pub fn tenth(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

/// Rounded to a thousandth: to nanoseconds, from microseconds.
pub fn thousandth(x: f64) -> f64 {
    (x * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles() {
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(quantile(&[0.0, 10.0], 0.9), 9.0);
        assert_eq!(tenth(1.26), 1.3);
    }
}
