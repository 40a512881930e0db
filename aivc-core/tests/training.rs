//! Training runs, small ones: what they learn, reproduce, resume and refuse.

#![cfg(feature = "flex")]

mod support;

use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use aivc_core::frame::{BitDepth, Frame, FrameFormat, PixelFormat, Samples};
use aivc_core::model::{Backend, Model};
use aivc_core::session::{Decoder, DecoderOutput, Encoder, EncoderConfig, EncoderOutput};
use aivc_core::training::{
    DataRecipe, Dataset, LearningRate, LogRecord, ModelRecipe, OptimizationRecipe, Recipe,
    SourceKind, SourceRecipe, StartFrom, TrainingError, TrainingEvent, TrainingSummary,
    TransformRecipe, ValidationRecipe, plot_log, read_log, train,
};
use aivc_core::video::{Rational, VideoProperties};
use aivc_models::losses::{Distortion, RateDistortionLossConfig};
use burn::backend::{Autodiff, Flex};
use image::{Rgb, RgbImage};
use tempfile::TempDir;

use support::alone;

const TRANSFORM: TransformRecipe = TransformRecipe {
    blocks: 1,
    hidden: 8,
    latent: 8,
};

/// A slope with a chequered patch, of another colour for each number.
fn picture(number: u32, side: u32) -> RgbImage {
    RgbImage::from_fn(side, side, |x, y| {
        let slope = (x * 80 + y * 40) / side;
        let patch = (x / 8 + y / 8 + number) % 2 * 20;
        Rgb([0, 1, 2].map(|channel| (slope + patch + (number + channel) % 4 * 25) as u8))
    })
}

fn write_pictures(folder: &Path, side: u32) -> Vec<PathBuf> {
    fs::create_dir_all(folder).unwrap();
    let paths = (0..5).map(|number| {
        let path = folder.join(format!("{number}.png"));
        picture(number, side).save(&path).unwrap();
        path
    });
    paths.collect()
}

fn source(path: PathBuf, kind: SourceKind) -> SourceRecipe {
    SourceRecipe {
        path,
        kind,
        weight: 1.0,
        frame_step: 1,
        names_start_with: None,
    }
}

fn constant(rate: f64) -> LearningRate {
    LearningRate {
        peak: rate,
        last: rate,
        warmup: 0,
    }
}

/// A folder with pictures and a recipe for a few steps on them.
fn workshop(side: u32) -> (TempDir, Recipe) {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    write_pictures(&pictures, side);
    let recipe = Recipe {
        name: "tiny".to_owned(),
        output: folder.path().join("run"),
        seed: 7,
        start: None,
        distillation: None,
        model: ModelRecipe::Hyperprior {
            transform: TRANSFORM,
            hyper: 8,
        },
        loss: RateDistortionLossConfig {
            distortion: Distortion::MeanSquaredError,
            lambda_lowest: 0.001,
            lambda_highest: 0.1,
        },
        optimization: OptimizationRecipe {
            steps: 6,
            batch: 2,
            threads: 1,
            crop: 64,
            learning_rate: constant(3e-4),
            gradient_norm: 1.0,
            averaging: 0.9,
            checkpoint_every: 100,
            log_every: 1,
        },
        data: DataRecipe {
            sources: vec![source(pictures, SourceKind::Pictures)],
            half_size_share: 0.3,
            cache_mebibytes: 1,
            loader_threads: 1,
        },
        validation: None,
    };
    (folder, recipe)
}

fn run(recipe: &Recipe, start: StartFrom) -> Result<TrainingSummary, TrainingError> {
    run_until(recipe, start, u64::MAX)
}

/// As [`run`], but cancelled after a step.
fn run_until(
    recipe: &Recipe,
    start: StartFrom,
    last: u64,
) -> Result<TrainingSummary, TrainingError> {
    let mut observer = |event: TrainingEvent<'_>| match event {
        TrainingEvent::Stepped { step, .. } if step >= last => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    train::<Autodiff<Flex>>(recipe, start, &Default::default(), &mut observer)
}

/// What a run's log says of each step, without how long it took.
fn steps(recipe: &Recipe) -> Vec<(u64, [f64; 5])> {
    let records = read_log(recipe.output.join("log.jsonl")).unwrap();
    let values = records.into_iter().filter_map(|record| match record {
        LogRecord::Steps {
            step,
            loss,
            bits_per_pixel,
            psnr,
            gradient_norm,
            learning_rate,
            ..
        } => Some((
            step,
            [loss, bits_per_pixel, psnr, gradient_norm, learning_rate],
        )),
        _ => None,
    });
    values.collect()
}

fn with_output(recipe: &Recipe, name: &str) -> Recipe {
    Recipe {
        output: recipe.output.with_file_name(name),
        ..recipe.clone()
    }
}

fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

/// Against the same batches without learning: the loss of pictures differs more than a short run
/// makes of it.
#[test]
fn the_loss_of_both_families_falls() {
    let _turn = alone();
    let (_folder, mut recipe) = workshop(96);
    recipe.optimization.steps = 48;
    recipe.optimization.log_every = 12;
    for (name, model) in [
        (
            "factorized",
            ModelRecipe::Factorized {
                transform: TRANSFORM,
            },
        ),
        ("hyperprior", recipe.model.clone()),
    ] {
        let mut recipe = Recipe {
            model,
            ..with_output(&recipe, name)
        };
        assert!(run(&recipe, StartFrom::Scratch).unwrap().finished);
        let losses = steps(&recipe);
        recipe.output = recipe.output.with_extension("untrained");
        recipe.optimization.learning_rate = constant(1e-12);
        run(&recipe, StartFrom::Scratch).unwrap();
        let untrained = steps(&recipe);
        let (end, end_untrained) = (losses[3].1[0], untrained[3].1[0]);
        assert!(end < end_untrained, "{name}: {end} and {end_untrained}");
    }
}

#[test]
fn the_same_recipe_gives_the_same_run_and_another_seed_another() {
    let _turn = alone();
    let (_folder, recipe) = workshop(96);
    let again = with_output(&recipe, "again");
    let other = Recipe {
        seed: 8,
        ..with_output(&recipe, "other")
    };
    let summaries =
        [&recipe, &again, &other].map(|recipe| run(recipe, StartFrom::Scratch).unwrap());
    assert_eq!(steps(&recipe).len(), 6);
    assert_eq!(steps(&recipe), steps(&again));
    assert_ne!(steps(&recipe), steps(&other));
    assert!(bytes(&summaries[0].weights) == bytes(&summaries[1].weights));
}

#[test]
fn a_resumed_run_is_the_uninterrupted_one_with_any_number_of_loader_threads() {
    let _turn = alone();
    let (_folder, recipe) = workshop(96);
    let whole = run(&recipe, StartFrom::Scratch).unwrap();

    let mut halves = with_output(&recipe, "halves");
    let first = run_until(&halves, StartFrom::Scratch, 3).unwrap();
    assert_eq!((first.step, first.finished), (3, false));
    halves.data.loader_threads = 2;
    let second = run(&halves, StartFrom::Checkpoint).unwrap();
    assert_eq!((second.step, second.finished), (6, true));
    assert!(second.elapsed_seconds > first.elapsed_seconds);
    assert_eq!(steps(&recipe), steps(&halves));
    assert!(bytes(&whole.weights) == bytes(&second.weights));
}

#[test]
fn a_checkpoint_that_was_being_replaced_is_resumed_from() {
    let _turn = alone();
    let (_folder, recipe) = workshop(96);
    let whole = run(&recipe, StartFrom::Scratch).unwrap();

    let interrupted = with_output(&recipe, "interrupted");
    run_until(&interrupted, StartFrom::Scratch, 3).unwrap();
    // As if killed between the two renames, with a last line of the log cut off.
    let path = |name: &str| interrupted.output.join(name);
    fs::create_dir(path("checkpoint.new")).unwrap();
    fs::write(path("checkpoint.new/network.0.mpk"), b"half").unwrap();
    fs::rename(path("checkpoint"), path("checkpoint.old")).unwrap();
    let mut log = bytes(&path("log.jsonl"));
    log.extend_from_slice(br#"{"kind":"steps","st"#);
    fs::write(path("log.jsonl"), log).unwrap();

    let resumed = run(&interrupted, StartFrom::Checkpoint).unwrap();
    assert!(bytes(&whole.weights) == bytes(&resumed.weights));
    assert_eq!(steps(&recipe), steps(&interrupted));
    let starts = read_log(path("log.jsonl")).unwrap();
    let starts = starts
        .iter()
        .filter(|record| matches!(record, LogRecord::Start { .. }));
    assert_eq!(
        starts.count(),
        2,
        "the line cut off has not swallowed the next"
    );
    for name in ["checkpoint.new", "checkpoint.old"] {
        assert!(!path(name).exists(), "{name}");
    }
}

#[test]
fn a_finished_run_can_be_made_longer() {
    let _turn = alone();
    let (_folder, mut recipe) = workshop(96);
    recipe.optimization.steps = 2;
    run(&recipe, StartFrom::Scratch).unwrap();
    let nothing_left = run(&recipe, StartFrom::Checkpoint).unwrap();
    assert_eq!((nothing_left.step, nothing_left.finished), (2, true));
    recipe.optimization.steps = 3;
    assert_eq!(run(&recipe, StartFrom::Checkpoint).unwrap().step, 3);
}

#[test]
fn scratch_and_resume_each_need_what_they_need() {
    let _turn = alone();
    let (_folder, recipe) = workshop(96);
    let error = run(&recipe, StartFrom::Checkpoint).unwrap_err();
    assert!(
        matches!(error, TrainingError::NoCheckpoint { .. }),
        "{error}"
    );
    assert!(!recipe.output.exists(), "a refused run leaves nothing");
    run_until(&recipe, StartFrom::Scratch, 1).unwrap();
    let error = run(&recipe, StartFrom::Scratch).unwrap_err();
    assert!(
        matches!(error, TrainingError::OutputInUse { .. }),
        "{error}"
    );
}

#[test]
fn another_recipe_is_not_resumed_into() {
    let _turn = alone();
    let (_folder, recipe) = workshop(96);
    run_until(&recipe, StartFrom::Scratch, 1).unwrap();
    let refused = |field: &str, change: &dyn Fn(&mut Recipe)| {
        let mut changed = recipe.clone();
        change(&mut changed);
        match run(&changed, StartFrom::Checkpoint).unwrap_err() {
            TrainingError::OtherRecipe { field: found, .. } => assert_eq!(found, field),
            error => panic!("{error}"),
        }
    };
    refused("model", &|recipe| {
        recipe.model = ModelRecipe::Factorized {
            transform: TRANSFORM,
        };
    });
    refused("seed", &|recipe| recipe.seed = 8);
    refused("loss", &|recipe| recipe.loss.lambda_highest = 1.0);
}

/// A number that serde_json reads back as its neighbour.
#[test]
fn a_recipe_is_the_same_after_its_way_through_the_checkpoint() {
    let _turn = alone();
    let (_folder, mut recipe) = workshop(96);
    recipe.loss.lambda_highest = 0.481_111_111_111_111_16;
    run_until(&recipe, StartFrom::Scratch, 1).unwrap();
    run_until(&recipe, StartFrom::Checkpoint, 2).unwrap();
}

#[test]
fn a_damaged_checkpoint_is_an_error_that_names_its_file() {
    let _turn = alone();
    let (_folder, recipe) = workshop(96);
    run_until(&recipe, StartFrom::Scratch, 1).unwrap();
    for name in ["optimizer.0.mpk", "network.0.mpk", "state.json"] {
        let path = recipe.output.join("checkpoint").join(name);
        let whole = bytes(&path);
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let error = run(&recipe, StartFrom::Checkpoint).unwrap_err();
        assert!(matches!(error, TrainingError::Checkpoint { .. }), "{error}");
        let stem = name.split('.').next().unwrap();
        assert!(error.to_string().contains(stem), "{error}");
    }
}

#[test]
fn a_run_that_diverges_ends_and_keeps_its_checkpoint() {
    let _turn = alone();
    let (_folder, recipe) = workshop(96);
    run_until(&recipe, StartFrom::Scratch, 2).unwrap();
    let mut absurd = recipe.clone();
    absurd.optimization.steps = 60;
    absurd.optimization.learning_rate = constant(1e30);

    // The first step ruins the weights, and every one after it is left out, four times.
    let error = run(&absurd, StartFrom::Checkpoint).unwrap_err();
    assert!(
        matches!(
            error,
            TrainingError::Diverged {
                step: 22,
                steps: 20,
                rollbacks: 3
            }
        ),
        "{error}"
    );
    // Or a checkpoint is due right after it.
    absurd.optimization.checkpoint_every = 1;
    let error = run(&absurd, StartFrom::Checkpoint).unwrap_err();
    assert!(
        matches!(
            error,
            TrainingError::WeightsOverflow {
                step: 2,
                rollbacks: 3
            }
        ),
        "{error}"
    );

    let records = read_log(recipe.output.join("log.jsonl")).unwrap();
    let skipped = |record: &&LogRecord| matches!(record, LogRecord::Skipped { .. });
    assert_eq!(records.iter().filter(skipped).count(), 4 * 20);
    let factors: Vec<f64> = records
        .iter()
        .filter_map(|record| match record {
            LogRecord::RolledBack {
                to: 2, rate_factor, ..
            } => Some(*rate_factor),
            _ => None,
        })
        .collect();
    assert_eq!(factors, [0.5, 0.25, 0.125, 0.5, 0.25, 0.125]);
    assert_eq!(run(&recipe, StartFrom::Checkpoint).unwrap().step, 6);
}

#[test]
fn a_trained_weights_file_is_a_model_that_codes() {
    let _turn = alone();
    let (_folder, mut recipe) = workshop(96);
    recipe.optimization.steps = 2;
    for (name, model) in [
        (
            "factorized",
            ModelRecipe::Factorized {
                transform: TRANSFORM,
            },
        ),
        ("hyperprior", recipe.model.clone()),
    ] {
        let recipe = Recipe {
            model,
            ..with_output(&recipe, name)
        };
        let summary = run(&recipe, StartFrom::Scratch).unwrap();
        let model = Model::find(summary.weights.to_str().unwrap(), Backend::Flex).unwrap();
        assert_eq!(model.name(), "tiny");
        let format = FrameFormat::new(33, 17, PixelFormat::Rgb, BitDepth::Eight).unwrap();
        let properties = VideoProperties::new(format, Rational::whole(25));
        let grey = || Samples::filled(BitDepth::Eight, 100, format.pixels());
        let frame = Frame::new(format, [grey(), grey(), grey()]).unwrap();
        let mut encoder = Encoder::new(&model, &properties, EncoderConfig::default()).unwrap();
        let mut decoder = Decoder::new(&model, encoder.header()).unwrap();
        encoder.send_frame(&frame).unwrap();
        let EncoderOutput::Packet(packet) = encoder.receive_packet() else {
            panic!("a packet a frame");
        };
        decoder.send_packet(&packet).unwrap();
        assert!(matches!(decoder.receive_frame(), DecoderOutput::Frame(_)));
    }
}

#[test]
fn validation_writes_real_rates_a_log_and_a_plot() {
    let _turn = alone();
    let (folder, mut recipe) = workshop(96);
    let validation = folder.path().join("validation");
    fs::create_dir(&validation).unwrap();
    picture(9, 40).save(validation.join("a.JPEG")).unwrap();
    picture(8, 30).save(validation.join("b.png")).unwrap();
    recipe.validation = Some(ValidationRecipe {
        frames: 1,
        pictures: validation,
        qualities: vec![0, 63],
        every: 4,
    });
    let mut logged = Vec::new();
    let mut observer = |event: TrainingEvent<'_>| {
        if let TrainingEvent::Logged(record) = event {
            logged.push(record.clone());
        }
        ControlFlow::Continue(())
    };
    train::<Autodiff<Flex>>(
        &recipe,
        StartFrom::Scratch,
        &Default::default(),
        &mut observer,
    )
    .unwrap();

    let records = read_log(recipe.output.join("log.jsonl")).unwrap();
    // serde_json does not read numbers back to the last bit.
    let through_json = |record| {
        serde_json::from_str::<LogRecord>(&serde_json::to_string(record).unwrap()).unwrap()
    };
    assert_eq!(records, logged.iter().map(through_json).collect::<Vec<_>>());
    assert!(matches!(
        records[0],
        LogRecord::Start {
            step: 0,
            steps: 6,
            ..
        }
    ));
    let validations: Vec<_> = records
        .iter()
        .filter_map(|record| match record {
            LogRecord::Validation { step, points } => Some((*step, points)),
            _ => None,
        })
        .collect();
    assert_eq!(
        validations
            .iter()
            .map(|(step, _)| *step)
            .collect::<Vec<_>>(),
        [4, 6]
    );
    for (_, points) in validations {
        assert_eq!(
            points.iter().map(|point| point.quality).collect::<Vec<_>>(),
            [0, 63]
        );
        assert!(
            points[0].bits_per_pixel < points[1].bits_per_pixel,
            "{points:?}"
        );
        assert!(points.iter().all(|point| point.psnr > 3.0), "{points:?}");
    }

    let plot = fs::read_to_string(recipe.output.join("plot.svg")).unwrap();
    assert!(plot.starts_with("<svg") && plot.trim_end().ends_with("</svg>"));
    assert_eq!(
        plot.matches("<text").count(),
        plot.matches("</text>").count()
    );
    for text in [
        "loss",
        "bits per pixel",
        "PSNR in dB",
        "validation, quality 63",
    ] {
        assert!(plot.contains(text), "{text}");
    }
    // A line of training a panel, and two of validation in two of them.
    assert!(plot.matches("<polyline").count() >= 7);
}

/// With a learning rate that soon makes everything worse, the best weights are not the last ones.
#[test]
fn the_best_weights_are_kept_beside_the_last_ones() {
    let _turn = alone();
    let (folder, mut recipe) = workshop(96);
    let validation = folder.path().join("validation");
    fs::create_dir(&validation).unwrap();
    picture(9, 64).save(validation.join("a.png")).unwrap();
    recipe.validation = Some(ValidationRecipe {
        frames: 1,
        pictures: validation,
        qualities: vec![0, 32],
        every: 1,
    });
    recipe.optimization.averaging = 0.0;
    run_until(&recipe, StartFrom::Scratch, 3).unwrap();
    let mut harmful = recipe.clone();
    harmful.optimization.learning_rate = constant(0.5);
    let summary = run(&harmful, StartFrom::Checkpoint).unwrap();

    let best = summary.best.clone().unwrap();
    assert!(
        (1..=3).contains(&best.step) && summary.step == 6,
        "{best:?}"
    );
    let (kept, last) = (bytes(&best.weights), bytes(&summary.weights));
    assert!(kept != last);
    // The costs of all validations, from the log: λ 0.001 and 0.001·100^(32/63) about a middle of 0.01.
    let costs: Vec<f64> = read_log(recipe.output.join("log.jsonl"))
        .unwrap()
        .iter()
        .filter_map(|record| match record {
            LogRecord::Validation { points, .. } => Some(points),
            _ => None,
        })
        .map(|points| {
            let cost = |index: usize, lambda: f64| {
                let error = 65025.0 * 10f64.powf(-points[index].psnr / 10.0);
                (points[index].bits_per_pixel + lambda * error) * (0.01 / lambda).sqrt()
            };
            (cost(0, 0.001) + cost(1, 0.001 * 100f64.powf(32.0 / 63.0))) / 2.0
        })
        .collect();
    let lowest = costs.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(
        (best.cost / lowest - 1.0).abs() < 1e-6,
        "{costs:?} {best:?}"
    );
    // The weights are those of that validation: a run of so many steps ends with them.
    let mut short = with_output(&recipe, "short");
    short.optimization.steps = best.step;
    assert!(bytes(&run(&short, StartFrom::Scratch).unwrap().weights) == kept);

    summary.export_best().unwrap();
    assert!(bytes(&summary.weights) == kept);
}

#[test]
fn a_plot_leaves_out_steps_that_were_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let record = |step: u64, loss: f64| LogRecord::Steps {
        step,
        loss,
        bits_per_pixel: 1.0,
        psnr: 30.0,
        gradient_norm: 1.0,
        learning_rate: 1e-3,
        samples_per_second: 1.0,
        elapsed_seconds: 1.0,
        perplexity: Vec::new(),
    };
    let start = |step: u64| LogRecord::Start {
        step,
        steps: 9,
        device: String::new(),
        parameters: 1,
        pictures: vec![1],
    };
    let plot = |name: &str, records: &[LogRecord]| {
        let (log, plot) = (folder.path().join(name), folder.path().join("plot.svg"));
        let lines = records
            .iter()
            .map(|record| serde_json::to_string(record).unwrap() + "\n");
        fs::write(&log, lines.collect::<String>()).unwrap();
        plot_log(&log, &plot).unwrap();
        fs::read_to_string(plot).unwrap()
    };
    let killed = [
        start(0),
        record(1, 5.0),
        record(2, 4.0),
        record(3, 77.0),
        start(2),
        record(3, 3.0),
    ];
    let straight = [start(0), record(1, 5.0), record(2, 4.0), record(3, 3.0)];
    assert!(plot("killed", &killed) == plot("straight", &straight));
    // Nothing to draw yet, and a single point, are no errors.
    plot("empty", &[]);
    plot("single", &straight[..2]);
}

#[test]
fn ms_ssim_can_be_the_distortion() {
    let _turn = alone();
    let (_folder, mut recipe) = workshop(200);
    recipe.loss = RateDistortionLossConfig {
        distortion: Distortion::MsSsim,
        lambda_lowest: 5.0,
        lambda_highest: 100.0,
    };
    recipe.optimization.crop = 192;
    recipe.optimization.steps = 3;
    run(&recipe, StartFrom::Scratch).unwrap();
    assert_eq!(steps(&recipe).len(), 3);
}

#[test]
fn shards_and_folders_give_the_same_batches() {
    let (folder, recipe) = workshop(80);
    let shards = folder.path().join("shards");
    fs::create_dir(&shards).unwrap();
    let mut archive = tar::Builder::new(File::create(shards.join("0.tar")).unwrap());
    for number in 0..5 {
        let name = format!("{number}.png");
        let path = recipe.data.sources[0].path.join(&name);
        archive.append_path_with_name(path, &name).unwrap();
        // What else the WebDataset convention puts beside a picture.
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, format!("{number}.json"), &b"{}"[..])
            .unwrap();
    }
    archive.finish().unwrap();
    let of_shards = DataRecipe {
        sources: vec![source(shards, SourceKind::Shards)],
        ..recipe.data.clone()
    };
    // And without room to keep a decoded picture.
    let uncached = DataRecipe {
        cache_mebibytes: 0,
        ..recipe.data.clone()
    };
    let [a, b, c] = [recipe.data, of_shards, uncached].map(|data| Dataset::open(&data, 5).unwrap());
    assert_eq!((a.sizes(), b.sizes()), (vec![5], vec![5]));
    for step in [0, 1, 1000] {
        let batch = a.batch(step, 3, 64).unwrap();
        assert_eq!(batch, b.batch(step, 3, 64).unwrap());
        assert_eq!(batch, c.batch(step, 3, 64).unwrap());
        assert!(batch.pixels.iter().all(|value| (0.0..=1.0).contains(value)));
        // A quality of each third of the range.
        let thirds: Vec<u8> = batch
            .qualities
            .iter()
            .map(|q| (u32::from(q.level()) * 3 / 64) as u8)
            .collect();
        assert_eq!(thirds.len(), 3);
        assert!(
            thirds.windows(2).all(|pair| pair[0] <= pair[1]),
            "{thirds:?}"
        );
    }
    assert_ne!(
        a.batch(0, 3, 64).unwrap().pixels,
        a.batch(1, 3, 64).unwrap().pixels
    );
}

#[test]
fn frames_of_clips_are_pictures() {
    let (folder, recipe) = workshop(80);
    let clips = folder.path().join("clips");
    fs::create_dir(&clips).unwrap();
    let mut clip = b"YUV4MPEG2 W64 H64 F25:1 C420\n".to_vec();
    for _ in 0..5 {
        clip.extend_from_slice(b"FRAME\n");
        clip.extend_from_slice(&[100; 64 * 64 * 3 / 2]);
    }
    fs::write(clips.join("a.y4m"), clip).unwrap();
    let every_second = SourceRecipe {
        frame_step: 2,
        ..source(clips, SourceKind::Clips)
    };
    let data = DataRecipe {
        sources: vec![every_second],
        ..recipe.data
    };
    let dataset = Dataset::open(&data, 1).unwrap();
    assert_eq!(dataset.sizes(), [3]);
    assert_eq!(dataset.batch(0, 1, 64).unwrap().side, 64);
}

#[test]
fn data_that_is_missing_too_small_or_damaged_is_named() {
    let _turn = alone();
    let (folder, recipe) = workshop(60);
    let error = run(&recipe, StartFrom::Scratch).unwrap_err();
    assert!(
        matches!(
            error,
            TrainingError::NoData {
                minimum_side: 64,
                ..
            }
        ),
        "{error}"
    );

    let elsewhere = |name: &str| {
        let mut recipe = with_output(&recipe, &format!("run-{name}"));
        recipe.data.sources[0].path = folder.path().join(name);
        recipe
    };
    fs::create_dir(folder.path().join("empty")).unwrap();
    let error = run(&elsewhere("empty"), StartFrom::Scratch).unwrap_err();
    assert!(matches!(error, TrainingError::NoData { .. }), "{error}");
    let error = run(&elsewhere("none"), StartFrom::Scratch).unwrap_err();
    assert!(matches!(error, TrainingError::Io { .. }), "{error}");
    assert!(error.to_string().contains("none"), "{error}");

    let damaged = folder.path().join("damaged");
    fs::create_dir(&damaged).unwrap();
    fs::write(damaged.join("a.png"), b"\x89PNG\r\n\x1a\nand no more").unwrap();
    let error = run(&elsewhere("damaged"), StartFrom::Scratch).unwrap_err();
    assert!(matches!(error, TrainingError::Picture { .. }), "{error}");
    assert!(error.to_string().contains("a.png"), "{error}");
}

#[test]
fn every_limit_of_a_recipe_is_checked_and_named() {
    let (_folder, recipe) = workshop(80);
    recipe.validate().unwrap();
    let refused = |name: &str, change: &dyn Fn(&mut Recipe)| {
        let mut changed = recipe.clone();
        changed.validation = Some(ValidationRecipe {
            frames: 1,
            pictures: PathBuf::new(),
            qualities: vec![63],
            every: 1,
        });
        changed.validate().unwrap();
        change(&mut changed);
        match changed.validate() {
            Err(TrainingError::Field { name: found, .. }) => assert_eq!(found, name),
            other => panic!("{name}: {other:?}"),
        }
    };
    refused("optimization.steps", &|recipe| {
        recipe.optimization.steps = 0
    });
    for batch in [0, 4097] {
        refused("optimization.batch", &|recipe| {
            recipe.optimization.batch = batch
        });
    }
    for crop in [0, 63, 65, 4160] {
        refused("optimization.crop", &|recipe| {
            recipe.optimization.crop = crop
        });
    }
    refused("optimization.crop", &|recipe| {
        recipe.loss.distortion = Distortion::MsSsim;
        recipe.optimization.crop = 128;
    });
    for norm in [0.0, -1.0, f64::NAN] {
        refused("optimization.gradient_norm", &|recipe| {
            recipe.optimization.gradient_norm = norm;
        });
    }
    for averaging in [-0.1, 1.0, f64::NAN] {
        refused("optimization.averaging", &|recipe| {
            recipe.optimization.averaging = averaging
        });
    }
    refused("optimization.checkpoint_every", &|recipe| {
        recipe.optimization.checkpoint_every = 0;
    });
    refused("optimization.log_every", &|recipe| {
        recipe.optimization.log_every = 0
    });
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused("optimization.learning_rate.peak", &|recipe| {
            recipe.optimization.learning_rate.peak = rate;
        });
    }
    for rate in [-1e-9, f64::NAN, f64::INFINITY] {
        refused("optimization.learning_rate.last", &|recipe| {
            recipe.optimization.learning_rate.last = rate;
        });
    }
    for lambda in [0.0, f64::NAN] {
        refused("loss.lambda_lowest", &|recipe| {
            recipe.loss.lambda_lowest = lambda
        });
    }
    for lambda in [0.0009, f64::NAN, f64::INFINITY] {
        refused("loss.lambda_highest", &|recipe| {
            recipe.loss.lambda_highest = lambda
        });
    }
    for share in [-0.1, 1.1, f64::NAN] {
        refused("data.half_size_share", &|recipe| {
            recipe.data.half_size_share = share
        });
    }
    for threads in [0, 257] {
        refused("data.loader_threads", &|recipe| {
            recipe.data.loader_threads = threads
        });
    }
    refused("data.sources", &|recipe| recipe.data.sources.clear());
    for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused("data.sources.weight", &|recipe| {
            recipe.data.sources[0].weight = weight
        });
    }
    refused("data.sources.frame_step", &|recipe| {
        recipe.data.sources[0].frame_step = 0
    });
    refused("validation.every", &|recipe| {
        recipe.validation.as_mut().unwrap().every = 0;
    });
    refused("validation.qualities", &|recipe| {
        recipe.validation.as_mut().unwrap().qualities.push(64);
    });
    for name in ["", "a/b", "a\\b", "a\nb", &"x".repeat(65)] {
        let mut changed = recipe.clone();
        changed.name = name.to_owned();
        let error = changed.validate().unwrap_err();
        assert!(matches!(error, TrainingError::Name { .. }), "{error}");
    }
}

#[test]
fn widths_out_of_range_are_refused_before_anything_is_written() {
    let _turn = alone();
    let (_folder, mut recipe) = workshop(80);
    recipe.model = ModelRecipe::Factorized {
        transform: TransformRecipe {
            hidden: 0,
            ..TRANSFORM
        },
    };
    let error = run(&recipe, StartFrom::Scratch).unwrap_err();
    assert!(matches!(error, TrainingError::Config(_)), "{error}");
    assert!(error.to_string().contains("hidden"), "{error}");
    assert!(!recipe.output.exists());
}

#[test]
fn a_recipe_reads_from_toml_with_paths_beside_it_and_knows_its_fields() {
    let (folder, recipe) = workshop(80);
    let path = folder.path().join("recipe.toml");
    let relative = Recipe {
        output: "run".into(),
        data: DataRecipe {
            sources: vec![source("pictures".into(), SourceKind::Pictures)],
            ..recipe.data.clone()
        },
        ..recipe.clone()
    };
    let text = toml::to_string(&relative).unwrap();
    fs::write(&path, &text).unwrap();
    assert_eq!(Recipe::load(&path).unwrap(), recipe);

    fs::write(&path, text.replace("averaging", "avreaging")).unwrap();
    let error = Recipe::load(&path).unwrap_err();
    assert!(matches!(error, TrainingError::Recipe { .. }), "{error}");
    assert!(error.to_string().contains("avreaging"), "{error}");
}

#[test]
fn the_recipes_of_the_repository_are_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recipes");
    let mut recipes = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            Recipe::load(&path).unwrap();
            recipes += 1;
        }
    }
    assert!(recipes > 0);
}
