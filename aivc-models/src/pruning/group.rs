use super::Width;
use crate::weights::{WeightsError, WeightsFile};

/// Where the numbers of channel `c` lie along an axis.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Places {
    /// At `c`.
    One,
    /// From `4·c` to `4·c + 3`: channels before a pixel shuffle by 2.
    Four,
    /// At `c` and again after all channels: two features of each.
    Twice,
    /// At `c`, with an index behind all channels that always stays.
    AndOneMore,
}

/// A tensor, or table set, that a channel has a part in.
#[derive(Debug, Clone)]
pub(crate) enum ChannelUse {
    /// An axis of a tensor.
    Axis {
        tensor: String,
        axis: usize,
        places: Places,
    },
    /// A table a channel.
    Tables(String),
}

impl ChannelUse {
    /// Channel `c` at index `c`.
    pub fn axis(tensor: impl Into<String>, axis: usize) -> Self {
        Self::at(tensor, axis, Places::One)
    }

    pub fn at(tensor: impl Into<String>, axis: usize, places: Places) -> Self {
        Self::Axis {
            tensor: tensor.into(),
            axis,
            places,
        }
    }

    /// Leaves the channels `kept`, in rising order, of `count`.
    fn cut(
        &self,
        file: &mut WeightsFile,
        kept: &[usize],
        count: usize,
    ) -> Result<(), WeightsError> {
        let (tensor, axis, places) = match self {
            Self::Tables(name) => return file.select_tables(name, kept),
            Self::Axis {
                tensor,
                axis,
                places,
            } => (tensor, *axis, places),
        };
        let indices: Vec<usize> = match places {
            Places::One => kept.to_vec(),
            Places::Four => kept.iter().flat_map(|&c| 4 * c..4 * c + 4).collect(),
            Places::Twice => {
                let again = kept.iter().map(|&c| count + c);
                kept.iter().copied().chain(again).collect()
            }
            Places::AndOneMore => kept.iter().copied().chain([count]).collect(),
        };
        file.select(tensor, axis, &indices)
    }
}

/// Channels that are cut together with what they have in all tensors, and what each of them carries.
#[derive(Debug, Clone)]
pub(crate) struct ChannelGroup {
    /// What their number is called in the configuration.
    pub width: Width,
    /// What a channel carries, in a unit that is the same for all of the group.
    pub carried: Vec<f64>,
    pub uses: Vec<ChannelUse>,
}

impl ChannelGroup {
    /// The file with the `count` channels that carry most.
    pub fn cut(&self, file: &mut WeightsFile, count: usize) -> Result<(), WeightsError> {
        let kept = strongest(&self.carried, count);
        let mut uses = self.uses.iter();
        uses.try_for_each(|place| place.cut(file, &kept, self.carried.len()))
    }
}

/// Indices of the `count` greatest values, in rising order; of equal ones the first.
fn strongest(values: &[f64], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order.truncate(count);
    order.sort_unstable();
    order
}

/// The two groups inside of a GDN residual block of this path: before its 3×3 convolution, and behind it.
pub(crate) fn block_groups(block: &str, carried: [Vec<f64>; 2]) -> [ChannelGroup; 2] {
    let part = |name: &str, axis| ChannelUse::axis(format!("{block}.{name}"), axis);
    let [before, behind] = carried;
    let group = |carried, uses| ChannelGroup {
        width: Width::Hidden,
        carried,
        uses,
    };
    [
        group(
            before,
            vec![
                part("narrow.convolution.weight", 0),
                part("narrow.convolution.bias", 0),
                part("normalize.beta", 0),
                part("normalize.gamma", 0),
                part("normalize.gamma", 1),
                part("space.convolution.weight", 1),
            ],
        ),
        group(
            behind,
            vec![
                part("space.convolution.weight", 0),
                part("space.convolution.bias", 0),
                part("widen.convolution.weight", 1),
            ],
        ),
    ]
}

/// The parts that the channels of a factorized prior have in it, and in its tables.
pub(crate) fn prior_uses(prior: &str, tables: &str) -> Vec<ChannelUse> {
    let layers = |part: &'static str, count| {
        (0..count).map(move |layer| ChannelUse::axis(format!("{prior}.{part}.{layer}"), 0))
    };
    layers("matrices", 4)
        .chain(layers("biases", 4))
        .chain(layers("factors", 3))
        .chain([ChannelUse::Tables(tables.to_owned())])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_stay_in_their_order() {
        assert_eq!(strongest(&[1.0, 5.0, 0.0, 5.0, 3.0], 3), [1, 3, 4]);
        assert_eq!(strongest(&[2.0, 2.0, 2.0], 2), [0, 1]);
    }
}
