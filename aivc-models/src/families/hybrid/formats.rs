//! Number formats of the exact layers.

use crate::layers::ActivationFormat;
use crate::priors::SCALE_INDEX_FRACTION_BITS;

/// Integers that ẑ may be.
pub(super) const HYPER_LATENT: ActivationFormat = ActivationFormat::signed(8, 0);
/// Logarithms of coefficients, in octaves, and what else goes into a first layer.
pub(super) const FEATURE: ActivationFormat = ActivationFormat::signed(10, 4);
/// Hidden layers behind a ReLU.
pub(super) const HIDDEN: ActivationFormat = ActivationFormat::unsigned(8, 4);
/// Hidden layers together with the quality, which may be negative.
pub(super) const HIDDEN_AND_QUALITY: ActivationFormat = ActivationFormat::signed(9, 4);
/// The residual stream of a correction network.
pub(super) const STREAM: ActivationFormat = ActivationFormat::signed(10, 4);
/// What the refinement adds, in steps.
pub(super) const CORRECTION: ActivationFormat = ActivationFormat::signed(10, 5);
/// What the restoration sees, in quantization steps.
pub(super) const RESTORATION_INPUT: ActivationFormat = ActivationFormat::signed(12, 4);
/// What the restoration adds, in quantization steps.
pub(super) const RESTORATION: ActivationFormat = ActivationFormat::signed(10, 7);
/// Means, in quantization steps.
pub(super) const MEAN: ActivationFormat = ActivationFormat::signed(12, 4);
/// Parts of a log-scale; see [`SCALE_INDEX_FRACTION_BITS`].
pub(super) const LOG_SCALE_PART: ActivationFormat =
    ActivationFormat::signed(8, SCALE_INDEX_FRACTION_BITS);
/// A log-scale: an eighth is a table.
pub(super) const LOG_SCALE: ActivationFormat =
    ActivationFormat::unsigned(6, SCALE_INDEX_FRACTION_BITS);
