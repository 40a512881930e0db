use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::sequence::FrameSamples;
use crate::frame::{Frame, Plane};

/// Largest pan in pixels a frame, zoom and rotation a frame, and change of brightness a frame.
const PAN: f64 = 6.0;
const ZOOM: f64 = 0.02;
const TURN: f64 = 0.015;
const FADE: f64 = 0.03;
/// Share of sequences with something in front, and with a change of brightness.
const OCCLUDED: f64 = 0.5;
const FADING: f64 = 0.2;

/// A camera's way over a photo, perhaps with a piece of another photo passing in front.
#[derive(Debug)]
pub(super) struct MovingPhoto<'a> {
    background: Layer<'a>,
    occluder: Option<(Layer<'a>, Disc)>,
    fade: f64,
    side: usize,
}

/// A photo and how it moves.
#[derive(Debug)]
struct Layer<'a> {
    frame: &'a Frame,
    centre: [f64; 2],
    pan: [f64; 2],
    zoom: f64,
    turn: f64,
}

/// What is seen of the layer in front.
#[derive(Debug)]
struct Disc {
    centre: [f64; 2],
    velocity: [f64; 2],
    radius: f64,
}

impl<'a> MovingPhoto<'a> {
    pub fn draw(
        background: &'a Frame,
        occluder: &'a Frame,
        side: usize,
        length: usize,
        random: &mut ChaCha8Rng,
    ) -> Self {
        let occluder = random.random_bool(OCCLUDED).then(|| {
            let side = side as f64;
            let disc = Disc {
                centre: [0, 1].map(|_| random.random_range(0.0..side)),
                velocity: [0, 1].map(|_| random.random_range(-PAN..PAN)),
                radius: random.random_range(0.1..0.4) * side,
            };
            (Layer::draw(occluder, side, length, random), disc)
        });
        let fade = if random.random_bool(FADING) {
            random.random_range(-FADE..FADE)
        } else {
            0.0
        };
        Self {
            background: Layer::draw(background, side as f64, length, random),
            occluder,
            fade,
            side,
        }
    }

    /// Appends a frame for each time.
    pub fn write(&self, frames: &mut [FrameSamples]) {
        for (time, samples) in frames.iter_mut().enumerate() {
            let time = time as f64;
            let light = 1.0 + self.fade * time;
            for index in 0..3 {
                let reduction = if index == 0 { 1.0 } else { 2.0 };
                let side = if index == 0 { self.side } else { self.side / 2 };
                for row in 0..side {
                    for column in 0..side {
                        // Middles of samples, in luma pixels.
                        let at = [column, row].map(|n| (n as f64 + 0.5) * reduction - 0.5);
                        let level = self.level(index, at, time) * light;
                        let output = if index == 0 {
                            &mut samples.luma
                        } else {
                            &mut samples.chroma
                        };
                        output.push(level.clamp(-128.0, 127.0).round() as f32);
                    }
                }
            }
        }
    }

    fn level(&self, plane: usize, at: [f64; 2], time: f64) -> f64 {
        let front = self
            .occluder
            .as_ref()
            .filter(|(_, disc)| disc.covers(at, time));
        let layer = front.map_or(&self.background, |(layer, _)| layer);
        layer.level(plane, at, time, self.side as f64)
    }
}

impl<'a> Layer<'a> {
    fn draw(frame: &'a Frame, side: f64, length: usize, random: &mut ChaCha8Rng) -> Self {
        // Small motion is the most frequent.
        let mut speed = |limit: f64| {
            let share: f64 = random.random_range(-1.0..1.0);
            share * share.abs() * limit
        };
        let (pan, zoom, turn) = ([speed(PAN), speed(PAN)], speed(ZOOM), speed(TURN));
        let size = [frame.width() as f64, frame.height() as f64];
        let mut start = |axis: usize| {
            let travel = pan[axis].abs() * length as f64 + side / 2.0;
            let (low, high) = (travel, size[axis] - travel);
            if low < high {
                random.random_range(low..high)
            } else {
                size[axis] / 2.0
            }
        };
        Self {
            frame,
            centre: [start(0), start(1)],
            pan,
            zoom,
            turn,
        }
    }

    /// The level at a place of the crop, bilinear.
    fn level(&self, index: usize, at: [f64; 2], time: f64, side: f64) -> f64 {
        let (x, y) = (at[0] - side / 2.0, at[1] - side / 2.0);
        let (sine, cosine) = (self.turn * time).sin_cos();
        let scale = (1.0 + self.zoom).powf(time);
        let place = [
            self.centre[0] + self.pan[0] * time + scale * (cosine * x - sine * y),
            self.centre[1] + self.pan[1] * time + scale * (sine * x + cosine * y),
        ];
        let plane = self.frame.plane(index);
        let reduction = if index == 0 { 1.0 } else { 2.0 };
        bilinear(plane, place.map(|n| (n + 0.5) / reduction - 0.5)) - 128.0
    }
}

impl Disc {
    fn covers(&self, at: [f64; 2], time: f64) -> bool {
        let distance = |axis: usize| at[axis] - self.centre[axis] - self.velocity[axis] * time;
        distance(0).hypot(distance(1)) < self.radius
    }
}

fn bilinear(plane: &Plane, [x, y]: [f64; 2]) -> f64 {
    let bytes = plane.as_u8().expect("photos have 8 bits");
    let x = x.clamp(0.0, (plane.width() - 1) as f64);
    let y = y.clamp(0.0, (plane.height() - 1) as f64);
    let (left, top) = (x as usize, y as usize);
    let right = (left + 1).min(plane.width() - 1);
    let bottom = (top + 1).min(plane.height() - 1);
    let sample = |x: usize, y: usize| f64::from(bytes[y * plane.width() + x]);
    let (share_x, share_y) = (x - left as f64, y - top as f64);
    let upper = sample(left, top) * (1.0 - share_x) + sample(right, top) * share_x;
    let lower = sample(left, bottom) * (1.0 - share_x) + sample(right, bottom) * share_x;
    upper * (1.0 - share_y) + lower * share_y
}
