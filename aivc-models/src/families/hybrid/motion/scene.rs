use super::SamplePlane;

/// Halvings before the comparison.
const HALVINGS: usize = 2;
/// Side of the blocks compared, and how far they are looked for, in samples of the small planes.
const SIDE: usize = 8;
const RANGE: i32 = 6;
/// Share of the differences within its own picture that is left of a block when it is predicted; a
/// new scene has about as much.
const LIMIT: f64 = 0.75;
/// What a sample may differ by without being seen; flat pictures are of one scene.
const UNSEEN: f64 = 1.5;

/// Whether a luma plane is of another scene than its reference, so that coding it by itself costs no
/// more: blocks of quarter-size pictures are found in the reference about as badly as they are
/// described by their own mean.
///
/// # Panics
/// If the planes differ in size.
pub fn is_scene_cut(current: &SamplePlane, reference: &SamplePlane) -> bool {
    let size = |plane: &SamplePlane| (plane.width(), plane.height());
    assert_eq!(size(current), size(reference), "planes of one size");
    let small = |plane: &SamplePlane| (0..HALVINGS).fold(plane.clone(), |plane, _| plane.halved());
    let (current, reference) = (small(current), small(reference));
    let (mut inter, mut intra, mut samples) = (0u64, 0u64, 0u64);
    for y in (0..current.height()).step_by(SIDE) {
        for x in (0..current.width()).step_by(SIDE) {
            let block = Block::cut(&current, x, y);
            inter += block.best_difference(&reference);
            intra += block.deviation();
            samples += block.samples.len() as u64;
        }
    }
    let unseen = UNSEEN * samples as f64;
    inter as f64 > LIMIT * intra as f64 + unseen
}

struct Block {
    x: i32,
    y: i32,
    width: usize,
    samples: Vec<u16>,
}

impl Block {
    fn cut(plane: &SamplePlane, x: usize, y: usize) -> Self {
        let width = SIDE.min(plane.width() - x);
        let height = SIDE.min(plane.height() - y);
        let mut samples = vec![0; width * height];
        plane.copy_patch(x as i32, y as i32, width, &mut samples);
        Self {
            x: x as i32,
            y: y as i32,
            width,
            samples,
        }
    }

    fn best_difference(&self, reference: &SamplePlane) -> u64 {
        let mut patch = vec![0; self.samples.len()];
        let places = (-RANGE..=RANGE).flat_map(|dy| (-RANGE..=RANGE).map(move |dx| (dx, dy)));
        let differences = places.map(|(dx, dy)| {
            reference.copy_patch(self.x + dx, self.y + dy, self.width, &mut patch);
            let pairs = self.samples.iter().zip(&patch);
            pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum()
        });
        differences.min().unwrap_or(0)
    }

    /// Sum of the differences from the mean.
    fn deviation(&self) -> u64 {
        let count = self.samples.len() as u64;
        let sum: u64 = self.samples.iter().map(|&sample| u64::from(sample)).sum();
        let mean = (sum / count) as u16;
        let differences = self.samples.iter().map(|sample| sample.abs_diff(mean));
        differences.map(u64::from).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(seed: usize, shift: usize) -> SamplePlane {
        let (width, height) = (160, 96);
        let sample = |index: usize| {
            let (x, y) = (index % width + shift, index / width + shift / 2);
            let mix = |n: usize| (n ^ n >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let mixed = mix(mix((x / 9 * 64 + y / 7) * 1024 + seed));
            (40 + (mixed >> 32) % 160) as u16
        };
        SamplePlane::new(width, height, (0..width * height).map(sample).collect())
    }

    #[test]
    fn other_pictures_are_cuts_and_moved_ones_are_not() {
        assert!(is_scene_cut(&plane(1, 0), &plane(7, 0)));
        assert!(!is_scene_cut(&plane(1, 0), &plane(1, 0)));
        assert!(!is_scene_cut(&plane(1, 0), &plane(1, 12)));
    }

    #[test]
    fn flat_pictures_are_one_scene_unless_their_level_jumps() {
        let flat = |level| SamplePlane::new(32, 32, vec![level; 1024]);
        assert!(!is_scene_cut(&flat(100), &flat(101)));
        assert!(is_scene_cut(&flat(100), &flat(30)));
        let dot = |level| SamplePlane::new(1, 1, vec![level]);
        assert!(!is_scene_cut(&dot(3), &dot(3)));
    }
}
