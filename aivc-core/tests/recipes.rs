//! Recipes and the pictures that they name: how both are read, and what is refused.

#![cfg(feature = "flex")]

mod support;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use aivc_core::training::{
    CoderRecipe, DataRecipe, Dataset, ModelRecipe, Recipe, RestorationRecipe, SourceKind,
    SourceRecipe, TrainingError, ValidationRecipe,
};
use aivc_models::losses::Distortion;

use support::workshop::{picture_workshop, source};

#[test]
fn shards_and_folders_give_the_same_batches() {
    let (folder, recipe) = picture_workshop(80);
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
    let (folder, recipe) = picture_workshop(80);
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
fn every_limit_of_a_recipe_is_checked_and_named() {
    let (_folder, recipe) = picture_workshop(80);
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
fn families_take_the_distortions_that_they_are_trained_for() {
    let (_folder, recipe) = picture_workshop(80);
    let coder = CoderRecipe {
        hidden: 8,
        blocks: 1,
        hyper: 4,
        context: 8,
        parameters: 8,
    };
    let frames = ModelRecipe::Hybrid { coder, inter: None };
    let restoration = ModelRecipe::HybridRestoration {
        hidden: 8,
        blocks: 1,
        training: RestorationRecipe {
            codec: PathBuf::new(),
            videos: 4,
            length: 3,
            key_above: 8,
        },
    };
    let check = |model: &ModelRecipe, distortion| {
        let mut changed = recipe.clone();
        changed.model = model.clone();
        changed.loss.distortion = distortion;
        changed.optimization.crop = 192;
        changed.validate()
    };
    let all = [
        Distortion::MeanSquaredError,
        Distortion::MsSsim,
        Distortion::Mixed,
    ];
    for (model, expected) in [
        (&recipe.model, [true, true, true]),
        (&frames, [true, false, true]),
        (&restoration, [true, false, false]),
    ] {
        let found = all.map(|distortion| match check(model, distortion) {
            Ok(()) => true,
            Err(TrainingError::Distortion) => false,
            Err(other) => panic!("{other}"),
        });
        assert_eq!(found, expected, "{model:?}");
    }
    let error = check(&frames, Distortion::MsSsim).unwrap_err().to_string();
    assert!(error.contains("ms-ssim"), "{error}");
}

#[test]
fn a_recipe_reads_from_toml_with_paths_beside_it_and_knows_its_fields() {
    let (folder, recipe) = picture_workshop(80);
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
