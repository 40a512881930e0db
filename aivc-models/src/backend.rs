//! The one operation that our models need beyond burn's own: a lower bound whose gradient pushes
//! values back into range.

use burn::backend::Autodiff;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::tensor::Tensor;
use burn::tensor::TensorPrimitive;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;

/// A burn backend that aivc's models run on.
///
/// Implemented for every backend that a cargo feature of this crate selects, and for
/// [`Autodiff`] of each. A backend of your own needs only an empty `impl`.
pub trait ModelBackend: Backend {
    /// `max(input, bound)`; see [`lower_bound`].
    fn lower_bound(input: FloatTensor<Self>, bound: f32) -> FloatTensor<Self> {
        Self::float_clamp_min(input, bound.into())
    }
}

#[cfg(feature = "flex")]
impl ModelBackend for burn::backend::Flex {}
#[cfg(feature = "ndarray")]
impl ModelBackend for burn::backend::NdArray {}
#[cfg(feature = "cuda")]
impl ModelBackend for burn::backend::Cuda {}
#[cfg(feature = "vulkan")]
impl ModelBackend for burn::backend::Vulkan {}
#[cfg(all(feature = "wgpu", not(feature = "vulkan")))]
impl ModelBackend for burn::backend::Wgpu {}

/// `max(input, bound)` whose gradient is passed on where `input >= bound`, and below the bound
/// only where descent would raise the input again.
///
/// An ordinary `max` stops all gradient below the bound, so a parameter that once fell under it
/// would stay there for ever. Source: Ballé, Minnen, Singh, Hwang, Johnston, "Variational Image
/// Compression with a Scale Hyperprior", 2018, and its reference implementation.
///
/// # Shapes
/// Any shape; the output's is the input's.
pub fn lower_bound<B: ModelBackend, const D: usize>(
    input: Tensor<B, D>,
    bound: f32,
) -> Tensor<B, D> {
    Tensor::from_primitive(TensorPrimitive::Float(B::lower_bound(
        input.into_primitive().tensor(),
        bound,
    )))
}

impl<B: ModelBackend, C: CheckpointStrategy> ModelBackend for Autodiff<B, C> {
    fn lower_bound(input: FloatTensor<Self>, bound: f32) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct LowerBound;

        impl<B: ModelBackend> Backward<B, 1> for LowerBound {
            type State = (NodeId, f32);

            fn backward(
                self,
                ops: Ops<Self::State, 1>,
                grads: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let (input, bound) = ops.state;
                let input: FloatTensor<B> = checkpointer.retrieve_node_output(input);
                unary::<B, _>(ops.parents, ops.node, grads, |grad| {
                    let grad =
                        Tensor::<B, 1>::from_primitive(TensorPrimitive::Float(B::float_reshape(
                            grad.clone(),
                            [burn::tensor::TensorMetadata::shape(&grad).num_elements()].into(),
                        )));
                    let shape = burn::tensor::TensorMetadata::shape(&input);
                    let flat = Tensor::<B, 1>::from_primitive(TensorPrimitive::Float(
                        B::float_reshape(input, [shape.num_elements()].into()),
                    ));
                    // Descent subtracts the gradient: a negative one raises the input.
                    let blocked = flat
                        .lower_elem(bound)
                        .bool_and(grad.clone().greater_equal_elem(0.0));
                    B::float_reshape(
                        grad.mask_fill(blocked, 0.0).into_primitive().tensor(),
                        shape,
                    )
                });
            }
        }

        match LowerBound
            .prepare::<C>([input.node.clone()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(mut prep) => {
                let state = prep.checkpoint(&input);
                prep.finish((state, bound), B::lower_bound(input.primitive, bound))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::lower_bound(input.primitive, bound)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;

    #[test]
    fn gradient_passes_above_the_bound_and_below_only_where_it_raises_the_input() {
        let device = Default::default();
        let input =
            Tensor::<Autodiff<Flex>, 1>::from_data([-1.0, -1.0, 2.0, 2.0], &device).require_grad();
        let upstream = Tensor::<Autodiff<Flex>, 1>::from_data([1.0, -1.0, 1.0, -1.0], &device);
        let output = lower_bound(input.clone(), 0.5);
        assert_eq!(
            output.to_data().to_vec::<f32>().unwrap(),
            [0.5, 0.5, 2.0, 2.0]
        );
        let grads = (output * upstream).sum().backward();
        let grad = input
            .grad(&grads)
            .unwrap()
            .into_data()
            .to_vec::<f32>()
            .unwrap();
        assert_eq!(grad, [0.0, -1.0, 1.0, -1.0]);
    }
}
