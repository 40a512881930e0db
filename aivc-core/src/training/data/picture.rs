use std::sync::Arc;

/// Pixels of an RGB picture, `RGBRGB…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::training) struct Picture {
    pub width: usize,
    pub height: usize,
    pub pixels: Arc<[u8]>,
}

/// A square piece of a picture.
#[derive(Debug, Clone, Copy)]
pub(in crate::training) struct Crop {
    pub x: usize,
    pub y: usize,
    pub side: usize,
    /// Pixels of the picture a pixel of the crop, per dimension: 1 or 2.
    pub reduction: usize,
    pub mirrored: bool,
}

impl Picture {
    pub fn decode(bytes: &[u8]) -> Result<Self, image::ImageError> {
        let picture = image::load_from_memory(bytes)?.into_rgb8();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        Ok(Self {
            width,
            height,
            pixels: picture.into_raw().into(),
        })
    }

    /// Writes a crop as three planes of 0 to 1, averaging `reduction²` pixels each.
    pub fn write_planes(&self, crop: Crop, planes: &mut [f32]) {
        let Crop {
            x,
            y,
            side,
            reduction,
            mirrored,
        } = crop;
        let scale = 1.0 / (255.0 * (reduction * reduction) as f32);
        for channel in 0..3 {
            for row in 0..side {
                let line = &mut planes[(channel * side + row) * side..][..side];
                for (column, value) in line.iter_mut().enumerate() {
                    let column = if mirrored { side - 1 - column } else { column };
                    let mut sum = 0u32;
                    for dy in 0..reduction {
                        for dx in 0..reduction {
                            let pixel = (y + row * reduction + dy) * self.width
                                + x
                                + column * reduction
                                + dx;
                            sum += u32::from(self.pixels[3 * pixel + channel]);
                        }
                    }
                    *value = sum as f32 * scale;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reduced_mirrored_crop_averages_blocks_from_right_to_left() {
        let pixels: Vec<u8> = (0..4 * 2).flat_map(|i| [i as u8 * 10, 0, 255]).collect();
        let picture = Picture {
            width: 4,
            height: 2,
            pixels: pixels.into(),
        };
        let mut planes = [0.0; 3];
        let crop = Crop {
            x: 2,
            y: 0,
            side: 1,
            reduction: 2,
            mirrored: true,
        };
        picture.write_planes(crop, &mut planes);
        // Pixels 2, 3, 6 and 7.
        assert!((planes[0] - 45.0 / 255.0).abs() < 1e-6);
        assert_eq!(planes[1..], [0.0, 1.0]);
    }
}
