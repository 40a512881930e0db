use burn::tensor::backend::Backend;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, TensorData, activation::relu};
use safetensors::tensor::{Dtype, SafeTensors};

use super::LpipsError;

/// The smallest side of a picture that the network can look at, in pixels: what AlexNet's two poolings
/// leave one value of.
pub const LPIPS_MIN_SIDE: usize = 31;

/// Mean and deviation of red, green and blue in -1 to 1 that the backbone was trained with.
const SHIFT: [f32; 3] = [-0.030, -0.088, -0.188];
const SCALE: [f32; 3] = [0.458, 0.448, 0.450];
/// Keeps a place where all features are 0 from dividing by 0.
const EPSILON: f32 = 1e-10;

/// A convolution of AlexNet, with its place in a file of torchvision's names.
struct Geometry {
    name: &'static str,
    kernel: usize,
    stride: usize,
    padding: usize,
    /// Whether features are pooled before it.
    pooled: bool,
}

const LAYERS: [Geometry; 5] = [
    Geometry::new("net.slice1.0", 11, 4, 2, false),
    Geometry::new("net.slice2.3", 5, 1, 2, true),
    Geometry::new("net.slice3.6", 3, 1, 1, true),
    Geometry::new("net.slice4.8", 3, 1, 1, false),
    Geometry::new("net.slice5.10", 3, 1, 1, false),
];

impl Geometry {
    const fn new(
        name: &'static str,
        kernel: usize,
        stride: usize,
        padding: usize,
        pooled: bool,
    ) -> Self {
        Self {
            name,
            kernel,
            stride,
            padding,
            pooled,
        }
    }
}

/// Learned perceptual image patch similarity: a distance, 0 for equal pictures, around 0.1 for slight
/// and 0.5 for strong differences.
///
/// R. Zhang, P. Isola, A. A. Efros, E. Shechtman, O. Wang, "The Unreasonable Effectiveness of Deep
/// Features as a Perceptual Metric", 2018, version 0.1 with AlexNet: features after each of five
/// convolutions are normalized to length 1 at every place, and the squares of their differences summed
/// with learned weights. Weights are not part of this library; see [`Self::from_safetensors`].
///
/// ```text
/// picture ─ scale ─ conv 11/4 ─┬─ pool ─ conv 5 ─┬─ pool ─ conv 3 ─┬─ conv 3 ─┬─ conv 3 ─┐   (ReLU after each)
///                              ▼                 ▼                 ▼          ▼          ▼
///                          normalize, difference, square, weigh by channel, mean over places ──► sum
/// ```
#[derive(Debug, Clone)]
pub struct Lpips<B: Backend> {
    layers: Vec<Layer<B>>,
}

#[derive(Debug, Clone)]
struct Layer<B: Backend> {
    weight: Tensor<B, 4>,
    bias: Tensor<B, 1>,
    /// Weights of the differences, `[1, channels, 1, 1]`.
    head: Tensor<B, 4>,
}

impl<B: Backend> Lpips<B> {
    /// The network of a safetensors file with the names of the Python package `lpips` 0.1.4:
    /// `net.slice1.0.weight` and `.bias` to `net.slice5.10.…`, and `lin0.model.1.weight` to `lin4.…`
    /// (or `lins.0.model.1.weight` to `lins.4.…`). Other tensors are ignored. Numbers of channels are
    /// those of the file, AlexNet's or others.
    ///
    /// # Errors
    /// [`LpipsError`].
    pub fn from_safetensors(bytes: &[u8], device: &B::Device) -> Result<Self, LpipsError> {
        let file = SafeTensors::deserialize(bytes)?;
        let mut channels_in = 3;
        let mut layers = Vec::with_capacity(LAYERS.len());
        for (number, geometry) in LAYERS.iter().enumerate() {
            let [name, bias] = ["weight", "bias"].map(|part| format!("{}.{part}", geometry.name));
            let (shape, weight) = read(&file, &[&name])?;
            let kernel = geometry.kernel;
            let channels = match shape[..] {
                [channels, i, h, w]
                    if [i, h, w] == [channels_in, kernel, kernel] && channels > 0 =>
                {
                    channels
                }
                _ => {
                    let expected = format!("[channels, {channels_in}, {kernel}, {kernel}]");
                    return Err(LpipsError::Shape {
                        name,
                        found: shape,
                        expected,
                    });
                }
            };
            let head_names = ["lin#.model.1", "lins.#.model.1"]
                .map(|name| format!("{}.weight", name.replace('#', &number.to_string())));
            let bias = read_of(&file, &[&bias], &[channels])?;
            let head = read_of(
                &file,
                &head_names.each_ref().map(String::as_str),
                &[1, channels, 1, 1],
            )?;
            let shape = [channels, channels_in, kernel, kernel];
            layers.push(Layer {
                weight: Tensor::from_data(TensorData::new(weight, shape), device),
                bias: Tensor::from_data(TensorData::new(bias, [channels]), device),
                head: Tensor::from_data(TensorData::new(head, [1, channels, 1, 1]), device),
            });
            channels_in = channels;
        }
        Ok(Self { layers })
    }

    /// The distance of each picture of a batch from its partner.
    ///
    /// # Shapes
    /// Two of `[batch, 3, height, width]`, RGB from 0 to 1, to `[batch]`.
    ///
    /// # Panics
    /// If the shapes differ or a side is shorter than [`LPIPS_MIN_SIDE`].
    pub fn forward(&self, a: Tensor<B, 4>, b: Tensor<B, 4>) -> Tensor<B, 1> {
        assert_eq!(a.dims(), b.dims(), "pictures of one size");
        let [batch, _, height, width] = a.dims();
        assert!(
            height.min(width) >= LPIPS_MIN_SIDE,
            "{width}x{height} is too small for LPIPS: {LPIPS_MIN_SIDE} pixels a side are needed"
        );
        let mut features = scaled(Tensor::cat(vec![a, b], 0));
        let mut distance: Option<Tensor<B, 1>> = None;
        for (layer, geometry) in self.layers.iter().zip(&LAYERS) {
            if geometry.pooled {
                features = max_pool2d(features, [3, 3], [2, 2], [0, 0], [1, 1], false);
            }
            let [stride, padding] = [geometry.stride, geometry.padding];
            let options = ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1);
            let bias = Some(layer.bias.clone());
            features = relu(conv2d(features, layer.weight.clone(), bias, options));
            let unit = normalized(features.clone());
            let difference = unit.clone().narrow(0, 0, batch) - unit.narrow(0, batch, batch);
            let weighted = (difference.clone() * difference * layer.head.clone()).sum_dim(1);
            let mean = weighted.mean_dim(3).mean_dim(2).reshape([batch]);
            distance = Some(match distance {
                Some(distance) => distance + mean,
                None => mean,
            });
        }
        distance.expect("there are five layers")
    }
}

/// From 0 to 1 to what the backbone was trained with.
fn scaled<B: Backend>(pictures: Tensor<B, 4>) -> Tensor<B, 4> {
    let device = pictures.device();
    let by_channel = |values: [f32; 3]| {
        Tensor::<B, 4>::from_data(TensorData::new(values.to_vec(), [1, 3, 1, 1]), &device)
    };
    (pictures * 2.0 - 1.0 - by_channel(SHIFT)) / by_channel(SCALE)
}

/// Features of length 1 at every place.
fn normalized<B: Backend>(features: Tensor<B, 4>) -> Tensor<B, 4> {
    let squares = features.clone() * features.clone();
    // Inside of the root too: its slope at 0 is infinite, and a training by this would end there.
    let lengths = (squares.sum_dim(1) + EPSILON * EPSILON).sqrt();
    features / (lengths + EPSILON)
}

fn read_of(
    file: &SafeTensors<'_>,
    names: &[&str],
    shape: &[usize],
) -> Result<Vec<f32>, LpipsError> {
    let (found, values) = read(file, names)?;
    if found == shape {
        return Ok(values);
    }
    Err(LpipsError::Shape {
        name: names[0].to_owned(),
        found,
        expected: format!("{shape:?}"),
    })
}

/// Shape and values of the tensor that has one of these names.
fn read(file: &SafeTensors<'_>, names: &[&str]) -> Result<(Vec<usize>, Vec<f32>), LpipsError> {
    let name = names[0].to_owned();
    let Some(tensor) = names.iter().find_map(|name| file.tensor(name).ok()) else {
        return Err(LpipsError::Missing { name });
    };
    if tensor.dtype() != Dtype::F32 {
        let found = format!("{:?}", tensor.dtype());
        return Err(LpipsError::Type { name, found });
    }
    let (values, _) = tensor.data().as_chunks::<4>();
    let values: Vec<f32> = values
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes))
        .collect();
    if !values.iter().all(|value| value.is_finite()) {
        return Err(LpipsError::NotFinite { name });
    }
    Ok((tensor.shape().to_vec(), values))
}
