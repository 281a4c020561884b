//! Where a value lies on an axis, and which values are written beside it.

use super::figure::number;

/// From this ratio of the largest to the smallest on, an axis is logarithmic: a linear one would show the smaller half
/// as a line on the ground.
const LOG_FROM: f64 = 40.0;

/// How values are spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::bench) enum Scale {
    /// From nought to this.
    Linear(f64),
    /// From the first to the second, which are above nought, each factor of ten as long as the next.
    Log(f64, f64),
}

/// An axis.
#[derive(Debug, Clone)]
pub(in crate::bench) struct Axis {
    /// What it measures, with its unit.
    pub(in crate::bench) label: String,
    pub(in crate::bench) scale: Scale,
    /// The values that are written beside it.
    pub(in crate::bench) ticks: Vec<(f64, String)>,
}

impl Scale {
    /// From 0 at the beginning of the axis to 1 at its end.
    pub(super) fn place(self, value: f64) -> f64 {
        let place = match self {
            Self::Linear(max) => value / max,
            Self::Log(min, max) => (value.max(min) / min).ln() / (max / min).ln(),
        };
        place.clamp(0.0, 1.0)
    }
}

impl Axis {
    /// From nought to at least the largest of the values.
    pub(in crate::bench) fn from_zero(label: &str, values: impl Iterator<Item = f64>) -> Self {
        let max = values.fold(0.0, f64::max);
        let max = if max > 0.0 { max } else { 1.0 };
        let step = round_step(max / 4.0);
        let steps = (max / step).ceil();
        let ticks = (0..=5_u32)
            .map(|at| f64::from(at) * step)
            .filter(|tick| *tick <= step * steps);
        Self {
            label: label.to_owned(),
            scale: Scale::Linear(step * steps),
            ticks: ticks.map(|tick| (tick, number(tick))).collect(),
        }
    }

    /// From nought to just the end, as time is.
    pub(in crate::bench) fn up_to(label: &str, end: f64) -> Self {
        let axis = Self::from_zero(label, std::iter::once(end));
        Self {
            scale: Scale::Linear(end.max(f64::MIN_POSITIVE)),
            ticks: axis.ticks.into_iter().filter(|(tick, _)| *tick <= end).collect(),
            ..axis
        }
    }

    /// From nought if the values are of a size, else logarithmic, which the label then says.
    pub(in crate::bench) fn fitting(label: &str, values: impl Iterator<Item = f64> + Clone) -> Self {
        let above = values.clone().filter(|value| *value > 0.0);
        let (min, max) = above.fold((f64::INFINITY, 0.0), |(min, max): (f64, f64), value| {
            (min.min(value), max.max(value))
        });
        if max / min < LOG_FROM || max <= 0.0 {
            return Self::from_zero(label, values);
        }
        let steps = (-6..=9).flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(decade)));
        let steps: Vec<f64> = steps.collect();
        let low = steps.iter().rev().find(|step| **step <= min).copied().unwrap_or(min);
        let high = steps.iter().find(|step| **step >= max).copied().unwrap_or(max);
        // With more than two factors of ten every number would be too many.
        let few = high / low > 300.0;
        let is_power = |step: f64| (step.log10() - step.log10().round()).abs() < 1e-9;
        let inside = steps.into_iter().filter(|step| (low..=high).contains(step));
        let written = inside.filter(|step| !few || is_power(*step));
        Self {
            label: format!("{label} (logarithmic)"),
            scale: Scale::Log(low, high),
            ticks: written.map(|tick| (tick, number(tick))).collect(),
        }
    }
}

/// The next of 1, 2, 2.5, 5 and 10 times a power of ten.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let digits = [1.0, 2.0, 2.5, 5.0, 10.0];
    let fits = |digit: &&f64| **digit * power >= least * (1.0 - 1e-9);
    digits.iter().find(fits).copied().unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn a_rate_begins_at_zero_and_has_room_for_its_largest() {
        let axis = Axis::from_zero("calls", [910.0, 940.0].into_iter());
        assert_eq!(axis.scale, Scale::Linear(1_000.0));
        assert_eq!(written(&axis), ["0", "250", "500", "750", "1,000"]);
        assert_eq!(Axis::from_zero("calls", std::iter::empty()).scale, Scale::Linear(1.0));
    }

    #[test]
    fn values_of_different_sizes_are_logarithmic_and_say_so() {
        let axis = Axis::fitting("ms", [0.0, 1.5, 700.0].into_iter());
        assert_eq!(
            (axis.scale, axis.label.as_str()),
            (Scale::Log(1.0, 1_000.0), "ms (logarithmic)")
        );
        assert_eq!(written(&axis), ["1", "10", "100", "1,000"]);
        assert!((axis.scale.place(31.622_776) - 0.5).abs() < 1e-6);
        assert_eq!(Axis::fitting("ms", [2.0, 30.0].into_iter()).scale, Scale::Linear(30.0));
    }

    #[test]
    fn what_lies_outside_is_drawn_at_the_edge() {
        assert!((Scale::Linear(10.0).place(20.0) - 1.0).abs() < 1e-9);
        assert!(Scale::Log(1.0, 10.0).place(0.0).abs() < 1e-9);
    }
}
