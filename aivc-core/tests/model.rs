//! Models and the backends that they run on.

#[cfg(feature = "flex")]
mod support;

use aivc_core::model::{BUILTIN_MODELS, Backend, Family, Model, ModelError};

#[test]
fn backends_have_the_names_that_they_are_asked_for_by() {
    for backend in Backend::ALL {
        assert_eq!(backend.name().parse::<Backend>().unwrap(), backend);
        assert_eq!(backend.to_string(), backend.name());
    }
}

#[test]
fn an_unknown_backend_is_refused_with_the_names_there_are() {
    for name in ["", "Flex", "tpu"] {
        let error = name.parse::<Backend>().unwrap_err();
        assert!(matches!(error, ModelError::UnknownBackend { .. }));
        let message = error.to_string();
        for backend in Backend::ALL {
            assert!(message.contains(backend.name()), "{message}");
        }
    }
}

#[test]
fn the_default_backend_is_one_that_is_there() {
    let any = Backend::ALL.into_iter().any(Backend::is_built_in);
    assert_eq!(Backend::default().is_built_in(), any);
}

#[test]
fn a_backend_that_was_not_built_in_says_how_to_build_it() {
    for backend in Backend::ALL {
        if backend.is_built_in() {
            continue;
        }
        let error = Model::builtin(&BUILTIN_MODELS[0], backend).unwrap_err();
        assert!(
            matches!(error, ModelError::BackendMissing { .. }),
            "{error}"
        );
        let message = error.to_string();
        assert!(
            message.contains(&format!("--features {backend}")),
            "{message}"
        );
    }
}

#[cfg(feature = "flex")]
mod with_flex {
    use aivc_core::session::{Encoder, EncoderConfig};
    use aivc_entropy::MAX_MODEL_NAME_BYTES;

    use super::support::{decoded, encoded, tiny_model, tiny_weights, yuv};
    use super::*;

    #[test]
    fn every_built_in_model_loads_is_found_and_has_proved_bounds() {
        for builtin in BUILTIN_MODELS {
            assert!(builtin.name.len() <= MAX_MODEL_NAME_BYTES);
            let model = Model::builtin(builtin, Backend::Flex).unwrap();
            assert_eq!(
                (model.name(), model.backend()),
                (builtin.name, Backend::Flex)
            );
            let found = Model::find(builtin.name, Backend::Flex).unwrap();
            assert_eq!(found.hash(), model.hash());
            let bounds = model.frame_codec().exact_layer_bounds();
            // The others have no network in their entropy path.
            let has_network = !matches!(model.family(), Family::Factorized | Family::VqVae);
            assert_eq!(!bounds.is_empty(), has_network, "{}", builtin.name);
            for bound in bounds {
                assert!(bound.share() < 1.0, "{bound:?}");
            }
            let encoder = Encoder::new(&model, &yuv(16, 16), EncoderConfig::default()).unwrap();
            let of_stream = Model::for_stream(encoder.header(), Backend::Flex).unwrap();
            assert_eq!(of_stream.hash(), model.hash());
        }
    }

    #[test]
    fn every_built_in_model_codes_video_of_odd_size_and_decodes_it() {
        for builtin in BUILTIN_MODELS {
            let model = Model::builtin(builtin, Backend::Flex).unwrap();
            let stream = encoded(&model, yuv(37, 21), 9);
            let (frames, summary) = decoded(&model, &stream);
            assert_eq!((frames.len(), summary.damaged), (9, 0), "{}", builtin.name);
            for (number, frame) in frames.iter().enumerate() {
                assert_eq!(frame.pts(), number as i64);
                assert_eq!(frame.format(), yuv(37, 21).format);
            }
        }
    }

    #[test]
    fn names_of_built_in_models_are_all_different() {
        let names: std::collections::BTreeSet<_> =
            BUILTIN_MODELS.iter().map(|model| model.name).collect();
        assert_eq!(names.len(), BUILTIN_MODELS.len());
    }

    #[test]
    fn a_weights_file_is_found_by_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.safetensors");
        std::fs::write(&path, tiny_weights().to_bytes().unwrap()).unwrap();
        let model = Model::find(path.to_str().unwrap(), Backend::Flex).unwrap();
        assert_eq!(model.hash(), tiny_model().hash());
    }

    #[test]
    fn what_is_neither_a_model_nor_a_file_is_refused_with_the_models_there_are() {
        let error = Model::find("no-such-model", Backend::Flex).unwrap_err();
        assert!(matches!(error, ModelError::UnknownModel { .. }));
        let message = error.to_string();
        assert!(message.contains("no-such-model"), "{message}");
        assert!(message.contains(BUILTIN_MODELS[0].name), "{message}");
    }

    #[test]
    fn a_folder_or_a_file_of_something_else_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = Model::find(folder.path().to_str().unwrap(), Backend::Flex).unwrap_err();
        assert!(matches!(error, ModelError::Io { .. }), "{error}");
        let path = folder.path().join("picture.png");
        std::fs::write(&path, b"\x89PNG\r\n\x1a\n").unwrap();
        let error = Model::find(path.to_str().unwrap(), Backend::Flex).unwrap_err();
        assert!(matches!(error, ModelError::Weights(_)), "{error}");
    }
}
