use burn::tensor::backend::Backend;

use crate::layers::{DyadicWeightsError, ExactConv2d, PARTIAL_SUM_LIMIT};

/// How close the sums of an exact layer can come to the limit of exactness.
#[derive(Debug, Clone, PartialEq)]
pub struct ExactLayerBound {
    /// Name of the layer in the weights file.
    pub layer: String,
    /// Greatest sum that any input can cause, in units.
    pub worst_partial_sum: i64,
}

impl ExactLayerBound {
    /// Proves the bound of a layer.
    pub(crate) fn of<B: Backend>(
        name: &str,
        layer: &ExactConv2d<B>,
    ) -> Result<Self, DyadicWeightsError> {
        let worst = layer
            .to_dyadic()
            .prove(layer.input_format(), layer.output_format())?;
        Ok(Self {
            layer: name.to_owned(),
            worst_partial_sum: worst,
        })
    }

    /// The worst case as a share of 2^24; below 1 the layer is exact.
    pub fn share(&self) -> f64 {
        self.worst_partial_sum as f64 / PARTIAL_SUM_LIMIT as f64
    }
}
