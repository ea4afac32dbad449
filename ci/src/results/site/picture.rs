//! The history of a promise as a picture: a lane for variants that fare alike, and in it a box for neighbouring
//! kernels that do.

use super::columns::Kernel;
use super::model::{Model, Promise};
use super::standing::Summary;

/// Measures in pixels.
const WIDTH: usize = 62;
const HEIGHT: usize = 40;
const GAP: usize = 4;
/// What a letter takes at most.
const LETTER: usize = 7;

/// A picture.
#[derive(Debug)]
pub(super) struct Picture {
    pub width: usize,
    pub height: usize,
    /// What lanes are called, where there are several.
    pub lanes: Vec<Lane>,
    pub stretches: Vec<Stretch>,
}

/// What a lane is called, and the base line of that.
#[derive(Debug)]
pub(super) struct Lane {
    pub y: usize,
    pub text: String,
}

/// Neighbouring kernels that did the same.
#[derive(Debug)]
pub(super) struct Stretch {
    pub x: usize,
    pub y: usize,
    pub width: usize,
    first: String,
    last: String,
    summary: Summary,
    is_system: bool,
}

/// The history of `promise`.
pub(super) fn picture(model: &Model, promise: &Promise) -> Picture {
    let lanes = lanes(model, promise);
    let named = if lanes.len() > 1 { lanes.as_slice() } else { &[] };
    let longest = named.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let mut x = if longest == 0 { 0 } else { LETTER * longest + GAP };
    let y = |at: usize| at * (HEIGHT + GAP);
    let lane = |(at, (label, _)): (usize, &(String, Vec<String>))| Lane {
        y: y(at) + HEIGHT * 3 / 5,
        text: label.clone(),
    };
    let (height, names) = (y(lanes.len()), named.iter().enumerate().map(lane).collect());
    let mut stretches: Vec<Stretch> = Vec::new();
    for kernel in &model.kernels {
        let width = WIDTH.max(LETTER * kernel.label.chars().count() + 3 * GAP);
        for (at, (_, variants)) in lanes.iter().enumerate() {
            // A system has one lane: the first.
            let of_lane = kernel.columns.iter().find(|column| {
                let variant = &model.columns[**column].variant;
                if kernel.is_system { at == 0 } else { variants.contains(variant) }
            });
            let Some(column) = of_lane else { continue };
            let stretch = Stretch {
                x,
                y: y(at),
                width,
                first: kernel.label.clone(),
                last: kernel.label.clone(),
                summary: promise.cells[*column],
                is_system: kernel.is_system,
            };
            match stretches.iter_mut().find(|other| other.goes_on_as(&stretch)) {
                Some(before) => {
                    before.width += GAP + width;
                    before.last = stretch.last;
                }
                None => stretches.push(stretch),
            }
        }
        x += width + GAP;
    }
    Picture { width: x, height, lanes: names, stretches }
}

impl Stretch {
    /// Whether `other` begins where it ends, and is like it.
    fn goes_on_as(&self, other: &Self) -> bool {
        self.x + self.width + GAP == other.x
            && (self.y, self.summary) == (other.y, other.summary)
            && !self.is_system
            && !other.is_system
    }

    #[expect(clippy::unused_self, reason = "a template calls methods")]
    pub(super) const fn height(&self) -> usize {
        HEIGHT
    }

    pub(super) const fn class(&self) -> &'static str {
        self.summary.worst.class()
    }

    pub(super) const fn middle(&self) -> usize {
        self.x + self.width / 2
    }

    /// The base lines of its two texts.
    pub(super) const fn upper(&self) -> usize {
        self.y + HEIGHT * 2 / 5
    }

    pub(super) const fn lower(&self) -> usize {
        self.y + HEIGHT * 4 / 5
    }

    /// Which kernels.
    pub(super) fn label(&self) -> String {
        match self.first == self.last {
            true => self.first.clone(),
            false => format!("{} – {}", self.first, self.last),
        }
    }

    /// The sign, with the word where there is room, and how many cases it is of.
    pub(super) fn text(&self) -> String {
        let (sign, counts) = (self.summary.worst.sign(), self.summary.counts());
        let long = format!("{sign} {} {counts}", self.summary.word());
        let fits = long.trim_end().chars().count() * LETTER <= self.width;
        let text = if fits { long } else { format!("{sign} {counts}") };
        text.trim_end().to_owned()
    }
}

/// The variants, those together that are the same on every kernel, with what each lane is called.
fn lanes(model: &Model, promise: &Promise) -> Vec<(String, Vec<String>)> {
    let linux = || model.kernels.iter().filter(|kernel| !kernel.is_system);
    let of = |variant: &str| -> Vec<Option<Summary>> {
        let column = |kernel: &Kernel| {
            kernel.columns.iter().copied().find(|at| model.columns[*at].variant == variant)
        };
        linux().map(|kernel| column(kernel).map(|at| promise.cells[at])).collect()
    };
    let mut lanes: Vec<(Vec<Option<Summary>>, Vec<String>)> = Vec::new();
    for at in linux().flat_map(|kernel| &kernel.columns) {
        let variant = &model.columns[*at].variant;
        if lanes.iter().any(|(_, names)| names.contains(variant)) {
            continue;
        }
        let own = of(variant);
        match lanes.iter_mut().find(|(other, _)| *other == own) {
            Some((_, names)) => names.push(variant.clone()),
            None => lanes.push((own, vec![variant.clone()])),
        }
    }
    if lanes.is_empty() {
        return vec![(String::new(), Vec::new())];
    }
    lanes.into_iter().map(|(_, names)| (names.join(", "), names)).collect()
}
