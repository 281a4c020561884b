//! Charts as SVG, drawn without anybody's library: `scale` puts values on an axis, `chart` draws, `markup` keeps texts
//! from being read as markup, `figure` writes numbers for people.
//!
//! A rate and a duration begin at zero, unless the axis says that it is logarithmic. Where nothing was measured nothing
//! is drawn. Colours are classes, which the page's style gives for light and for dark.

mod chart;
mod figure;
mod markup;
mod scale;

pub(super) use chart::{Band, Chart, Line, Stroke, Tone};
pub(super) use figure::{count, milliseconds, number};
pub(super) use markup::escaped;
pub(super) use scale::{Axis, Scale};
