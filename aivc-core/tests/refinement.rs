//! Refinements: what they may change, what sizes they show, and how they are trained.

#![cfg(feature = "flex")]

mod support;

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use aivc_core::frame::{BitDepth, Frame, FrameFormat, PixelFormat};
use aivc_core::model::{
    Backend, FrameRefinement, Model, ModelError, PLAIN_REFINEMENT, Refiner, ShownSize, WeightsError,
};
use aivc_core::session::{
    CodedSize, ContainerReader, DamageResponse, Decoder, DecoderOutput, Encoder, EncoderConfig,
    EncoderOutput, Packet, Quality, SessionError, StreamHeader, decode_video_by,
};
use aivc_core::training::{
    AdversarialRecipe, DataRecipe, LearningRate, LogRecord, ModelRecipe, ObjectiveRecipe,
    OptimizationRecipe, Recipe, RefinementRecipe, SourceKind, SourceRecipe, StartFrom,
    TrainingError, TrainingEvent, read_log, train,
};
use aivc_core::video::VideoProperties;
use aivc_models::refinement::{RefinementConfig, RefinementModel};
use aivc_models::weights::WeightsFile;
use burn::backend::{Autodiff, Flex};
use image::{Rgb, RgbImage};
use tempfile::TempDir;

use support::{alone, frame, properties, tiny_model, tiny_weights, yuv};

fn code(
    model: &Model,
    properties: &VideoProperties,
    coded_size: CodedSize,
) -> (StreamHeader, Vec<Packet>) {
    let config = EncoderConfig {
        coded_size,
        ..EncoderConfig::default()
    };
    let mut encoder = Encoder::new(model, properties, config).unwrap();
    let mut packets = Vec::new();
    for number in 0..2 {
        encoder.send_frame(&frame(properties, number)).unwrap();
        while let EncoderOutput::Packet(packet) = encoder.receive_packet() {
            packets.push(packet);
        }
    }
    (encoder.header().clone(), packets)
}

fn decode(decoder: Decoder, packets: &[Packet]) -> Vec<Frame> {
    let mut decoder = decoder;
    let format = decoder.properties().format;
    let mut frames = Vec::new();
    for packet in packets {
        decoder.send_packet(packet).unwrap();
        while let DecoderOutput::Frame(frame) = decoder.receive_frame() {
            assert_eq!(frame.format(), format);
            frames.push(frame);
        }
    }
    frames
}

fn plain(size: ShownSize) -> Arc<dyn FrameRefinement> {
    Arc::new(Refiner::plain(size, Backend::Flex).unwrap())
}

fn size(format: FrameFormat) -> (usize, usize) {
    (format.width(), format.height())
}

#[test]
fn a_refinement_that_adds_nothing_shows_the_decoded_frames() {
    let model = tiny_model();
    for properties in [
        yuv(19, 13),
        properties(19, 13, PixelFormat::Yuv420, BitDepth::Ten),
        properties(19, 13, PixelFormat::Rgb, BitDepth::Eight),
    ] {
        let (header, packets) = code(&model, &properties, CodedSize::Full);
        let decoder = || Decoder::new(&model, &header).unwrap();
        let refined = decoder().with_refinement(plain(ShownSize::AsDecoded));
        assert_eq!(
            decode(refined.unwrap(), &packets),
            decode(decoder(), &packets)
        );
    }
}

#[test]
fn a_stream_of_half_size_is_shown_at_the_size_of_the_original() {
    let model = tiny_model();
    for (width, height) in [(20, 14), (19, 13), (1, 1), (2, 3)] {
        for pixels in [PixelFormat::Yuv420, PixelFormat::Rgb] {
            let properties = properties(width, height, pixels, BitDepth::Eight);
            let (header, packets) = code(&model, &properties, CodedSize::Half);
            assert_eq!(
                (header.display_width, header.display_height),
                (width as u32, height as u32)
            );
            let decoder = Decoder::new(&model, &header).unwrap();
            let half = (width.div_ceil(2), height.div_ceil(2));
            assert_eq!(size(decoder.properties().format), half);
            assert_eq!(decode(decoder, &packets).len(), 2);
            let decoder = Decoder::new(&model, &header).unwrap();
            let decoder = decoder.with_refinement(plain(ShownSize::Twice)).unwrap();
            assert_eq!(decoder.properties().format, properties.format);
            let frames = decode(decoder, &packets);
            let pts: Vec<i64> = frames.iter().map(Frame::pts).collect();
            assert_eq!(pts, [0, 1]);
            assert_eq!(frames[0].color(), properties.color);
        }
    }
}

#[test]
fn other_streams_are_shown_at_twice_their_size() {
    let model = tiny_model();
    let (header, packets) = code(&model, &yuv(19, 13), CodedSize::Full);
    let decoder = Decoder::new(&model, &header).unwrap();
    let decoder = decoder.with_refinement(plain(ShownSize::Twice)).unwrap();
    assert_eq!(size(decode(decoder, &packets)[0].format()), (38, 26));
}

#[test]
fn frames_beyond_the_largest_are_refused_at_the_start() {
    let model = tiny_model();
    let encoder = Encoder::new(&model, &yuv(16_000, 16), EncoderConfig::default()).unwrap();
    let decoder = Decoder::new(&model, encoder.header()).unwrap();
    let error = decoder
        .with_refinement(plain(ShownSize::Twice))
        .unwrap_err();
    assert!(matches!(error, SessionError::Frame(_)), "{error}");
}

/// A picture without detail is the same when it is halved, coded by nothing and enlarged.
#[test]
fn halving_and_enlarging_keep_slopes() {
    let model = tiny_model();
    let properties = properties(32, 32, PixelFormat::Rgb, BitDepth::Eight);
    let rgb: Vec<f32> = (0..3 * 1024).map(|i| (i % 32) as f32 / 40.0).collect();
    let slope = aivc_core::color::from_rgb_f32(&rgb, properties.format, properties.color).unwrap();
    let halved = aivc_core::color::halve_rgb_f32(&rgb, 32, 32);
    let half = FrameFormat::new(16, 16, PixelFormat::Rgb, BitDepth::Eight).unwrap();
    let half = aivc_core::color::from_rgb_f32(&halved, half, properties.color).unwrap();
    let refiner = Refiner::plain(ShownSize::Twice, model.backend()).unwrap();
    let back = refiner
        .refine(&half, Quality::MAX, properties.format)
        .unwrap();
    let (slope, back) = (slope.plane(1), back.plane(1));
    for y in 4..28 {
        for x in 4..28 {
            let at = |plane: &aivc_core::frame::Plane| plane.as_u8().unwrap()[y * 32 + x];
            // Rounded once before and once after.
            assert!(at(slope).abs_diff(at(back)) <= 1, "{x} {y}");
        }
    }
}

#[test]
fn what_stands_for_lost_frames_has_the_size_shown() {
    let model = tiny_model();
    let (header, mut packets) = code(&model, &yuv(19, 13), CodedSize::Half);
    packets[0].payload.truncate(3);
    let mut writer = aivc_core::session::ContainerWriter::new(Vec::new(), &header).unwrap();
    for packet in &packets {
        writer.write_packet(packet).unwrap();
    }
    let stream = writer.finish().unwrap();
    let decoder = Decoder::new(&model, &header).unwrap();
    let decoder = decoder.with_refinement(plain(ShownSize::Twice)).unwrap();
    let mut sizes = Vec::new();
    let summary = decode_video_by(
        &mut ContainerReader::new(&stream[..]).unwrap(),
        decoder,
        DamageResponse::Repeat,
        &mut |frame| {
            sizes.push(size(frame.format()));
            Ok(())
        },
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap();
    assert_eq!(summary.repeated, 1);
    assert_eq!(sizes, [(19, 13), (19, 13)]);
}

fn refinement_weights(scale: usize) -> WeightsFile {
    let config = RefinementConfig::new()
        .with_scale(scale)
        .with_hidden(4)
        .with_blocks(1);
    let network = config.init::<Flex>(&Default::default());
    RefinementModel::freeze(config, network).to_weights("tiny")
}

#[test]
fn weights_of_the_wrong_kind_or_size_are_named() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, weights: &WeightsFile| {
        let path = folder.path().join(name);
        fs::write(&path, weights.to_bytes().unwrap()).unwrap();
        path.display().to_string()
    };
    let codec = write("codec", tiny_weights());
    let twice = write("twice", &refinement_weights(2));
    let for_size = |size, name: &str| Refiner::for_size(size, name, Backend::Flex);
    let error = for_size(ShownSize::AsDecoded, &codec).unwrap_err();
    let no_refinement = ModelError::Weights(WeightsError::NoRefinement {
        family: "hyperprior".to_owned(),
    });
    assert_eq!(error.to_string(), no_refinement.to_string());
    let error = for_size(ShownSize::AsDecoded, &twice).unwrap_err();
    assert!(
        matches!(
            error,
            ModelError::RefinementSize {
                factor: 2,
                wanted: 1,
                ..
            }
        ),
        "{error}"
    );
    let error = for_size(ShownSize::Twice, "nothing").unwrap_err();
    assert!(matches!(error, ModelError::UnknownModel { .. }), "{error}");
    let error = Model::find(&twice, Backend::Flex).unwrap_err();
    assert!(
        matches!(error, ModelError::Weights(WeightsError::NoCodec)),
        "{error}"
    );
    assert_eq!(for_size(ShownSize::Twice, &twice).unwrap().name(), "tiny");
    let plain = for_size(ShownSize::Twice, PLAIN_REFINEMENT).unwrap();
    assert_eq!(plain.shown_size(), ShownSize::Twice);
}

/// Photos, an untrained codec that codes them badly, and the recipe of some steps.
fn workshop(scale: usize, adversarial: Option<AdversarialRecipe>) -> (TempDir, Recipe) {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    fs::create_dir(&photos).unwrap();
    for number in 0..3 {
        let photo = RgbImage::from_fn(160, 160, |x, y| {
            let wave = (f64::from(x * (number + 1)) * 0.11).sin() + (f64::from(y) * 0.17).cos();
            let level = (128.0 + 55.0 * wave) as u8;
            Rgb([level, level.wrapping_add((x ^ y) as u8 % 16), 255 - level])
        });
        photo.save(photos.join(format!("{number}.png"))).unwrap();
    }
    let codec = folder.path().join("codec.safetensors");
    fs::write(&codec, tiny_weights().to_bytes().unwrap()).unwrap();
    let recipe = Recipe {
        name: "tiny-refinement".to_owned(),
        output: folder.path().join("run"),
        seed: 5,
        start: None,
        distillation: None,
        model: ModelRecipe::Refinement {
            scale,
            hidden: 8,
            blocks: 1,
            training: RefinementRecipe {
                codecs: vec![codec.display().to_string()],
                objective: ObjectiveRecipe {
                    squared_error: 1.0,
                    ms_ssim: 0.0,
                    lpips: None,
                    adversarial,
                },
            },
        },
        loss: Default::default(),
        optimization: OptimizationRecipe {
            steps: 30,
            batch: 2,
            threads: 1,
            crop: 64,
            learning_rate: LearningRate {
                peak: 3e-3,
                last: 3e-3,
                warmup: 0,
            },
            gradient_norm: 1.0,
            averaging: 0.5,
            checkpoint_every: 100,
            log_every: 10,
        },
        data: DataRecipe {
            sources: vec![SourceRecipe {
                path: photos,
                kind: SourceKind::Pictures,
                weight: 1.0,
                frame_step: 1,
                names_start_with: None,
            }],
            half_size_share: 0.0,
            cache_mebibytes: 16,
            loader_threads: 1,
        },
        validation: None,
    };
    (folder, recipe)
}

fn run(recipe: &Recipe, start: StartFrom, steps: u64) -> Vec<u8> {
    let mut observer = |event: TrainingEvent<'_>| match event {
        TrainingEvent::Stepped { step, .. } if step >= steps => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let summary = train::<Autodiff<Flex>>(recipe, start, &Default::default(), &mut observer);
    fs::read(summary.unwrap().weights).unwrap()
}

fn losses(output: &Path) -> Vec<f64> {
    let records = read_log(output.join("log.jsonl")).unwrap().into_iter();
    let losses = records.filter_map(|record| match record {
        LogRecord::Steps { loss, .. } => Some(loss),
        _ => None,
    });
    losses.collect()
}

#[test]
fn training_lowers_the_loss_below_that_of_changing_nothing() {
    let _alone = alone();
    for scale in [1, 2] {
        let (_folder, recipe) = workshop(scale, None);
        run(&recipe, StartFrom::Scratch, 30);
        let losses = losses(&recipe.output);
        // Without refinement it is 1 by definition.
        assert!(
            losses[2] < 0.95 && losses[2] < losses[0],
            "{scale}: {losses:?}"
        );
    }
}

#[test]
fn a_discriminator_changes_the_training_and_stays_out_of_the_weights() {
    let _alone = alone();
    let adversarial = AdversarialRecipe {
        weight: 0.5,
        from_step: 2,
        rise: 2,
    };
    let weights = |adversarial| {
        let (_folder, recipe) = workshop(1, adversarial);
        run(&recipe, StartFrom::Scratch, 8)
    };
    let (without, with) = (weights(None), weights(Some(adversarial)));
    assert_eq!(without.len(), with.len());
    assert_ne!(without, with);
    let refiner = WeightsFile::from_bytes(&with).unwrap();
    assert!(Refiner::from_weights(&refiner, Backend::Flex).is_ok());
}

#[test]
fn a_resumed_run_goes_on_with_its_discriminator() {
    let _alone = alone();
    let adversarial = AdversarialRecipe {
        weight: 0.5,
        from_step: 2,
        rise: 2,
    };
    let (_folder, recipe) = workshop(1, Some(adversarial));
    let at_once = run(&recipe, StartFrom::Scratch, 8);
    let (_folder, recipe) = workshop(1, Some(adversarial));
    run(&recipe, StartFrom::Scratch, 5);
    assert_eq!(run(&recipe, StartFrom::Checkpoint, 8), at_once);
}

#[test]
fn recipes_without_an_aim_or_with_codecs_of_groups_are_refused() {
    let _alone = alone();
    let refused = |change: &dyn Fn(&mut RefinementRecipe)| {
        let (_folder, mut recipe) = workshop(1, None);
        let ModelRecipe::Refinement { training, .. } = &mut recipe.model else {
            unreachable!("made so");
        };
        change(training);
        let start = StartFrom::Scratch;
        train::<Autodiff<Flex>>(&recipe, start, &Default::default(), &mut |_| {
            ControlFlow::Break(())
        })
        .unwrap_err()
    };
    let error = refused(&|training| training.objective.squared_error = 0.0);
    assert!(matches!(error, TrainingError::Field { .. }), "{error}");
    let error = refused(&|training| training.objective.ms_ssim = 1.0);
    assert!(error.to_string().contains("192"), "{error}");
    let error = refused(&|training| training.codecs.clear());
    assert!(error.to_string().contains("codecs"), "{error}");
    let error = refused(&|training| training.codecs = vec!["hyperprior3d-small".to_owned()]);
    assert!(
        matches!(error, TrainingError::NoPictureCodec { .. }),
        "{error}"
    );
}
