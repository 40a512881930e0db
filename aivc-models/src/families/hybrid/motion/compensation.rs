use super::field::quarters;
use super::interpolation::{BlockSource, chroma_block, luma_block};
use super::{MOTION_BLOCK, MotionField, MotionVector, SamplePlane};

/// A 4:2:0 picture: luma, and two chroma planes of half its size, rounded up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yuv420Picture {
    /// Luma, blue difference, red difference.
    pub planes: [SamplePlane; 3],
    /// Largest sample: 255 or 1023.
    pub maximum: u16,
}

/// The prediction of a frame from a reference and a motion field, in integers throughout, so that
/// it has the same samples everywhere.
///
/// # Panics
/// If the field was made for another size.
pub fn compensate(reference: &Yuv420Picture, field: &MotionField) -> Yuv420Picture {
    let mut prediction = reference.clone();
    let luma = &reference.planes[0];
    let size = MotionField::still(luma.width(), luma.height());
    assert_eq!(
        (field.columns(), field.rows()),
        (size.columns(), size.rows()),
        "blocks of {}x{}",
        luma.width(),
        luma.height()
    );
    for row in 0..field.rows() {
        for column in 0..field.columns() {
            let (side, places) = if field.is_split(column, row) {
                (MOTION_BLOCK / 2, &quarters(column, row)[..])
            } else {
                (MOTION_BLOCK, &[(2 * column, 2 * row)][..])
            };
            for &(x, y) in places {
                let vector = field.at(x, y);
                let (x, y) = (x * MOTION_BLOCK / 2, y * MOTION_BLOCK / 2);
                for (index, plane) in prediction.planes.iter_mut().enumerate() {
                    let kind = if index == 0 { Kind::Luma } else { Kind::Chroma };
                    let source = &reference.planes[index];
                    kind.predict(source, vector, (x, y, side), reference.maximum, plane);
                }
            }
        }
    }
    prediction
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Luma,
    Chroma,
}

impl Kind {
    fn predict(
        self,
        reference: &SamplePlane,
        vector: MotionVector,
        (x, y, side): (usize, usize, usize),
        maximum: u16,
        plane: &mut SamplePlane,
    ) {
        // Place and side in luma samples, to those of this plane.
        let (reduction, bits) = match self {
            Self::Luma => (1, 2),
            Self::Chroma => (2, 3),
        };
        let (x, y, side) = (x / reduction, y / reduction, side / reduction);
        if x >= plane.width() || y >= plane.height() {
            return;
        }
        let (vector_x, vector_y) = (i32::from(vector.x), i32::from(vector.y));
        let source = BlockSource {
            x: x as i32 + (vector_x >> bits),
            y: y as i32 + (vector_y >> bits),
            fraction_x: (vector_x & ((1 << bits) - 1)) as usize,
            fraction_y: (vector_y & ((1 << bits) - 1)) as usize,
            width: side.min(plane.width() - x),
            height: side.min(plane.height() - y),
        };
        let mut block = [0; MOTION_BLOCK * MOTION_BLOCK];
        let block = &mut block[..source.width * source.height];
        match self {
            Self::Luma => luma_block(reference, source, maximum, block),
            Self::Chroma => chroma_block(reference, source, maximum, block),
        }
        for (line, y) in block.chunks_exact(source.width).zip(y..) {
            plane.row_mut(y)[x..][..source.width].copy_from_slice(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize) -> Yuv420Picture {
        let plane = |width: usize, height: usize, factor: usize| {
            let samples = (0..width * height)
                .map(|i| ((i % width * 7 + i / width * 13) * factor % 251) as u16)
                .collect();
            SamplePlane::new(width, height, samples)
        };
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        Yuv420Picture {
            planes: [
                plane(width, height, 1),
                plane(half_width, half_height, 3),
                plane(half_width, half_height, 5),
            ],
            maximum: 255,
        }
    }

    #[test]
    fn no_motion_repeats_the_reference() {
        for (width, height) in [(1, 1), (17, 33), (64, 48)] {
            let reference = picture(width, height);
            let field = MotionField::still(width, height);
            assert_eq!(compensate(&reference, &field), reference);
        }
    }

    #[test]
    fn whole_pixels_move_all_planes() {
        let reference = picture(64, 48);
        let mut field = MotionField::still(64, 48);
        for row in 0..field.rows() {
            for column in 0..field.columns() {
                let vector = MotionVector {
                    x: 4 * 2,
                    y: -4 * 4,
                };
                field.put_whole(column, row, vector);
            }
        }
        let moved = compensate(&reference, &field);
        assert_eq!(moved.planes[0].row(20)[10], reference.planes[0].row(16)[12]);
        assert_eq!(moved.planes[1].row(20)[10], reference.planes[1].row(18)[11]);
    }

    #[test]
    fn quarters_move_by_themselves() {
        let reference = picture(64, 48);
        let mut field = MotionField::still(64, 48);
        field.put(3, 2, MotionVector { x: 4 * 4, y: 0 });
        let moved = compensate(&reference, &field);
        assert_eq!(moved.planes[0].row(17)[25], reference.planes[0].row(17)[29]);
        assert_eq!(moved.planes[0].row(17)[23], reference.planes[0].row(17)[23]);
        assert_eq!(moved.planes[2].row(8)[13], reference.planes[2].row(8)[15]);
    }

    #[test]
    fn vectors_far_outside_repeat_the_edge() {
        let reference = picture(20, 20);
        let mut field = MotionField::still(20, 20);
        let far = MotionVector::clamped(i32::MAX, i32::MIN);
        for (column, row) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            field.put_whole(column, row, far);
        }
        let corner = reference.planes[0].row(0)[19];
        let moved = compensate(&reference, &field);
        assert!(moved.planes[0].samples().iter().all(|&s| s == corner));
    }
}
