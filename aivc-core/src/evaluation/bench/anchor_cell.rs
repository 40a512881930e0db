use std::fs;

use super::anchor::AnchorSettings;
use super::compare::compare;
use super::model_cell::{Measured, Workshop};
use super::vmaf::vmaf;
use super::{BenchError, Ffmpeg, Measurement, Scores};
use crate::evaluation::stream_frames::SizedFrame;
use crate::evaluation::timing::per_second;
use crate::metrics::{bits_per_pixel, bits_per_second};
use crate::video::{ReaderOptions, open_reader};

/// Codes and decodes with a conventional codec, by an ffmpeg program.
pub(super) fn measure_anchor(
    workshop: &Workshop<'_>,
    settings: &AnchorSettings,
    quality: u32,
    ffmpeg: &Ffmpeg,
) -> Result<Measured, BenchError> {
    let Workshop {
        clip,
        folder,
        check,
        perceptual,
        ..
    } = *workshop;
    let input = clip.ffmpeg_input(folder)?;
    let stream_name = format!("{}.{}", workshop.name, settings.encoder.extension());
    let raw = if clip.is_picture() { "png" } else { "y4m" };
    let decoded_name = format!("{}.{raw}", workshop.name);
    let [stream, decoded] = [&stream_name, &decoded_name].map(|name| folder.join(name));

    let encode = settings.encode_arguments(quality, &input, &stream_name);
    let encoding = ffmpeg.run(&encode, folder, check)?;
    let bytes = fs::metadata(&stream)
        .map_err(BenchError::io(&stream))?
        .len();
    let depth = clip.properties.format.bit_depth();
    let decode = settings.decode_arguments(depth, &stream_name, &decoded_name);
    let decoding = ffmpeg.run(&decode, folder, check)?;

    let mut reader = open_reader(&decoded, &ReaderOptions::default())?;
    let mut compared = compare(
        clip,
        perceptual,
        &mut || {
            let frame = reader.next_frame()?;
            Ok(frame.map(|frame| SizedFrame {
                frame,
                payload_bytes: None,
                estimated_bits: None,
            }))
        },
        check,
    )?;
    drop(reader);
    if let Some(program) = workshop.vmaf.filter(|_| !clip.is_picture()) {
        vmaf(workshop, program, &decoded_name, &mut compared.per_frame)?;
    }
    for file in [&stream, &decoded] {
        fs::remove_file(file).map_err(BenchError::io(file))?;
    }

    let (format, frames) = (clip.properties.format, compared.per_frame.len() as u64);
    let measurement = Measurement {
        frames,
        width: format.width(),
        height: format.height(),
        frame_rate: clip.properties.frame_rate.as_f64(),
        bytes,
        file_bytes: None,
        estimated_bytes: None,
        bits_per_pixel: bits_per_pixel(bytes, format.pixels(), frames),
        bits_per_second: bits_per_second(bytes, frames, clip.properties.frame_rate),
        scores: Scores::mean(compared.per_frame.iter().map(|frame| &frame.scores)),
        encode_frames_per_second: per_second(frames, encoding.seconds),
        decode_frames_per_second: per_second(frames, decoding.seconds),
        encode_stages: None,
        decode_stages: None,
        encode_peak_bytes: encoding.peak_bytes,
        decode_peak_bytes: decoding.peak_bytes,
        commands: [&encode, &decode]
            .map(|arguments| ffmpeg.command_line(arguments))
            .into(),
        per_frame: compared.per_frame,
    };
    Ok(Measured {
        measurement,
        crops: compared.crops,
    })
}
