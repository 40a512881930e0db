/// A square piece of planes.
pub(super) struct Piece {
    /// Rows and columns of the planes.
    pub size: [usize; 2],
    /// Where it begins.
    pub first: [usize; 2],
    pub side: usize,
}

impl Piece {
    /// Adds the piece of each channel, if there are any values at all.
    pub fn append<T: Copy + Into<f32>>(
        &self,
        values: &[T],
        channels: usize,
        output: &mut Vec<f32>,
    ) {
        if values.is_empty() {
            return;
        }
        let [rows, columns] = self.size;
        let [top, left] = self.first;
        for channel in 0..channels {
            for row in top..top + self.side {
                let start = (channel * rows + row) * columns + left;
                output.extend(values[start..][..self.side].iter().map(|&v| v.into()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_cut_from_each_channel() {
        let values: Vec<i16> = (0..2 * 4 * 5).collect();
        let piece = Piece {
            size: [4, 5],
            first: [1, 2],
            side: 2,
        };
        let mut output = Vec::new();
        piece.append(&values, 2, &mut output);
        let expected = [7, 8, 12, 13, 27, 28, 32, 33].map(|v| v as f32);
        assert_eq!(output, expected);
        piece.append::<i16>(&[], 2, &mut output);
        assert_eq!(output.len(), 8);
    }
}
