//! A small network that makes decoded pictures look better, at their size or at twice of it.
//!
//! ```text
//! decoded ─┬─ (unshuffle 2) ─ mean, detail ─ 3×3 ─ block × n ─ 3×3 ─ shuffle 2 ─ + ──► shown
//!          │                                        ▲           ▲                 │
//!          │                                      gains of the quality            │
//!          └─────────────────── as it is, or bicubic at twice the size ───────────┘
//! ```
//!
//! It works in RGB on the pictures of any codec family. Features have half of the resolution of
//! what is shown: at scale 1 the picture's pixels are moved into channels first, at scale 2 they
//! are features as they are. The last layer starts at zero, so before training the network is the
//! identity at scale 1 and a bicubic upscaler at scale 2.
//!
//! It stands outside of the prediction loop and of the entropy path, so it computes in floats:
//! what is shown may differ in the last bit from device to device, what the stream decodes to
//! does not.
//!
//! Training is that of an adversarial pair ([`AdversarialRefinement`]); the discriminator never
//! gets into a weights file.
//!
//! Sources: the recipe (squared error, a perceptual and an adversarial term) is that of Ledig et
//! al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network",
//! 2017; the sub-pixel layers are those of Shi et al., 2016 (see
//! [`pixel_shuffle`](crate::layers::pixel_shuffle)). MS-SSIM stands in for the features of a
//! classifier, whose weights we may not ship, and quality levels scale the features.

mod adversarial;
mod config;
mod discriminator;
mod model;
mod network;

pub use adversarial::{AdversarialLosses, AdversarialRefinement};
pub use config::RefinementConfig;
pub use discriminator::PatchDiscriminator;
pub use model::{REFINEMENT_FAMILY, RefinementModel};
pub use network::RefinementNetwork;
