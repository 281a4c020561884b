//! A chart: lines and bands between two axes.

use std::fmt::Write as _;

use super::markup::escaped;
use super::scale::Axis;

/// The drawing's size, in units of which a letter is about twelve high. It grows and shrinks with the page.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 250.0;

/// Room for what is written beside the axes.
const LEFT: f64 = 60.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 42.0;

/// About how wide a letter is.
const LETTER_WIDTH: f64 = 7.5;

/// The narrowest band: a silence of a few milliseconds is to be seen in a minute.
const BAND_WIDTH_MIN: f64 = 1.5;

/// A colour of the page's style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bench) enum Tone {
    First,
    Second,
    Third,
    Fourth,
    Fifth,
    Bad,
}

impl Tone {
    /// The tones of lines that stand beside each other.
    pub(in crate::bench) const ALL: [Self; 5] = [Self::First, Self::Second, Self::Third, Self::Fourth, Self::Fifth];

    pub(in crate::bench) const fn class(self) -> &'static str {
        match self {
            Self::First => "t1",
            Self::Second => "t2",
            Self::Third => "t3",
            Self::Fourth => "t4",
            Self::Fifth => "t5",
            Self::Bad => "bad",
        }
    }
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bench) enum Stroke {
    Solid,
    /// What was planned, beside what was.
    Dashed,
    /// With what lies below it filled.
    Filled,
    /// With a dot at each value.
    Dotted,
    /// As dots alone: what lies between them means nothing.
    Dots,
    /// As a bar from the ground for each value.
    Bars,
}

/// Values that belong together. `None` breaks the line: nothing was measured there.
#[derive(Debug, Clone)]
pub(in crate::bench) struct Line {
    pub(in crate::bench) name: String,
    pub(in crate::bench) tone: Tone,
    pub(in crate::bench) stroke: Stroke,
    pub(in crate::bench) points: Vec<Option<(f64, f64)>>,
}

/// A part of the horizontal axis that is marked.
#[derive(Debug, Clone)]
pub(in crate::bench) struct Band {
    pub(in crate::bench) from: f64,
    pub(in crate::bench) to: f64,
    /// What it was, for those who point at it.
    pub(in crate::bench) name: String,
}

/// A chart.
#[derive(Debug, Clone)]
pub(in crate::bench) struct Chart {
    pub(in crate::bench) title: String,
    pub(in crate::bench) x: Axis,
    pub(in crate::bench) y: Axis,
    pub(in crate::bench) lines: Vec<Line>,
    pub(in crate::bench) bands: Vec<Band>,
    /// What the bands are, for the legend.
    pub(in crate::bench) bands_name: &'static str,
}

impl Chart {
    /// The chart as a figure of a page, with its title and its legend.
    pub(in crate::bench) fn to_html(&self) -> String {
        let mut legend = String::new();
        for line in self.lines.iter().filter(|line| !line.points.is_empty()) {
            let dashed = if line.stroke == Stroke::Dashed { " dashed" } else { "" };
            write(
                &mut legend,
                format_args!(
                    "<span class=\"key {}{dashed}\">{}</span>",
                    line.tone.class(),
                    escaped(&line.name)
                ),
            );
        }
        if !self.bands.is_empty() {
            write(
                &mut legend,
                format_args!("<span class=\"key band\">{}</span>", escaped(self.bands_name)),
            );
        }
        format!(
            "<figure><figcaption><b>{}</b><span class=\"legend\">{legend}</span></figcaption>\n{}</figure>\n",
            escaped(&self.title),
            self.svg()
        )
    }

    fn at_x(&self, value: f64) -> f64 {
        LEFT + self.x.scale.place(value) * (WIDTH - LEFT - RIGHT)
    }

    fn at_y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.scale.place(value) * (HEIGHT - TOP - BOTTOM)
    }

    fn svg(&self) -> String {
        let mut out = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}: {} by {}\">\n",
            escaped(&self.title),
            escaped(&self.y.label),
            escaped(&self.x.label)
        );
        self.draw_bands(&mut out);
        self.draw_axes(&mut out);
        for line in &self.lines {
            self.draw_line(&mut out, line);
        }
        out.push_str("</svg>\n");
        out
    }

    fn draw_bands(&self, out: &mut String) {
        for band in &self.bands {
            let (from, to) = (self.at_x(band.from), self.at_x(band.to));
            write(
                out,
                format_args!(
                    "<rect class=\"band\" x=\"{from:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{}\"><title>{}</title></rect>\n",
                    (to - from).max(BAND_WIDTH_MIN),
                    HEIGHT - TOP - BOTTOM,
                    escaped(&band.name)
                ),
            );
        }
    }

    fn draw_axes(&self, out: &mut String) {
        let (right, ground) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for (value, text) in &self.y.ticks {
            let y = self.at_y(*value);
            write(
                out,
                format_args!(
                    "<path class=\"rule\" d=\"M{LEFT} {y:.1}H{right}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
                    LEFT - 6.0,
                    y + 4.0,
                    escaped(text)
                ),
            );
        }
        for (value, text) in &self.x.ticks {
            let x = self.at_x(*value);
            // One at the edge would reach beyond it.
            let (anchor, x_text) = if x + LETTER_WIDTH / 2.0 * crowd(text.chars().count()) > WIDTH {
                ("end", WIDTH)
            } else {
                ("middle", x)
            };
            write(
                out,
                format_args!(
                    "<path class=\"tick\" d=\"M{x:.1} {ground}v4\"/><text x=\"{x_text:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>\n",
                    ground + 16.0,
                    escaped(text)
                ),
            );
        }
        write(
            out,
            format_args!(
                "<path class=\"axis\" d=\"M{LEFT} {ground}H{right}\"/>\
                 <text class=\"label\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
                 <text class=\"label\" transform=\"translate(12 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                f64::midpoint(LEFT, right),
                HEIGHT - 6.0,
                escaped(&self.x.label),
                f64::midpoint(TOP, ground),
                escaped(&self.y.label)
            ),
        );
    }

    fn draw_line(&self, out: &mut String, line: &Line) {
        let class = line.tone.class();
        let ground = HEIGHT - BOTTOM;
        let parts = line.points.split(Option::is_none);
        let parts: Vec<Vec<(f64, f64)>> = parts
            .map(|part| {
                part.iter()
                    .flatten()
                    .map(|(x, y)| (self.at_x(*x), self.at_y(*y)))
                    .collect()
            })
            .filter(|part: &Vec<_>| !part.is_empty())
            .collect();
        if line.stroke == Stroke::Bars {
            let width = ((WIDTH - LEFT - RIGHT) / 1.6 / crowd(line.points.len())).clamp(1.0, 28.0);
            for (x, y) in parts.iter().flatten() {
                write(
                    out,
                    format_args!(
                        "<rect class=\"{class} fill\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/>\n",
                        x - width / 2.0,
                        ground - y
                    ),
                );
            }
            return;
        }
        for part in &parts {
            let path: Vec<String> = part.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
            let path = path.join(" ");
            let (first, last) = (part[0].0, part[part.len() - 1].0);
            if line.stroke == Stroke::Filled {
                write(
                    out,
                    format_args!(
                        "<path class=\"{class} area\" d=\"M{first:.1} {ground}L{path}L{last:.1} {ground}Z\"/>\n"
                    ),
                );
            }
            if part.len() == 1 || matches!(line.stroke, Stroke::Dotted | Stroke::Dots) {
                for (x, y) in part {
                    write(
                        out,
                        format_args!("<circle class=\"{class} dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"/>\n"),
                    );
                }
            }
            if line.stroke == Stroke::Dots {
                continue;
            }
            let dashed = if line.stroke == Stroke::Dashed { " dashed" } else { "" };
            write(
                out,
                format_args!("<path class=\"{class} line{dashed}\" d=\"M{path}\"/>\n"),
            );
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "a chart has few of everything")]
fn crowd(count: usize) -> f64 {
    count.max(1) as f64
}

fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a String takes all text");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<Option<(f64, f64)>>) -> Chart {
        Chart {
            title: "a < b".to_owned(),
            x: Axis::up_to("seconds", 10.0),
            y: Axis::from_zero("calls", [100.0].into_iter()),
            lines: vec![Line {
                name: "R&D".to_owned(),
                tone: Tone::First,
                stroke: Stroke::Solid,
                points,
            }],
            bands: vec![Band {
                from: 2.0,
                to: 2.001,
                name: "silent for 1 ms".to_owned(),
            }],
            bands_name: "silent",
        }
    }

    #[test]
    fn a_line_breaks_where_nothing_was_measured() {
        let html = chart(vec![Some((0.0, 0.0)), Some((5.0, 100.0)), None, Some((10.0, 50.0))]).to_html();
        assert!(html.contains("d=\"M60.0 208.0 264.0 12.0\""), "{html}");
        assert!(
            html.contains("<circle class=\"t1 dot\" cx=\"468.0\" cy=\"110.0\""),
            "{html}"
        );
    }

    #[test]
    fn a_short_silence_is_seen_and_texts_stay_texts() {
        let html = chart(Vec::new()).to_html();
        assert!(html.contains("width=\"1.5\""), "{html}");
        assert!(html.contains("a &lt; b") && !html.contains("a < b"), "{html}");
        assert!(
            !html.contains("R&amp;D"),
            "a line without values has no place in the legend"
        );
    }
}
