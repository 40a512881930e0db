use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use aivc_entropy::measure_coding;

use super::clip::Clip;
use super::compare::compare;
use super::memory::PeakBytes;
use super::vmaf::vmaf;
use super::{BenchError, Ffmpeg, Measurement, Scores};
use crate::evaluation::PerceptualMetrics;
use crate::evaluation::stream_frames::StreamFrames;
use crate::evaluation::timing::{per_second, stage_times};
use crate::metrics::{bits_per_pixel, bits_per_second};
use crate::model::Model;
use crate::session::{ContainerReader, EncoderConfig, SessionError, encode_video};
use crate::video::{VideoWriter, Y4mWriter};

/// What a cell is measured with, whatever its codec.
pub(super) struct Workshop<'a> {
    pub(super) clip: &'a Clip,
    /// Part of the names of files.
    pub(super) name: String,
    /// A folder for files that go again.
    pub(super) folder: &'a Path,
    pub(super) perceptual: &'a PerceptualMetrics,
    /// The program for VMAF, if it is wanted.
    pub(super) vmaf: Option<&'a Ffmpeg>,
    pub(super) check: &'a dyn Fn() -> ControlFlow<()>,
}

/// A measurement and its crops, original and decoded, as PNG.
pub(super) struct Measured {
    pub(super) measurement: Measurement,
    pub(super) crops: [Vec<u8>; 2],
}

/// Codes and decodes with a model of this library, in process; `peak` is known already.
pub(super) fn measure_model(
    workshop: &Workshop<'_>,
    model: &Model,
    config: EncoderConfig,
    peak: PeakBytes,
) -> Result<Measured, BenchError> {
    let Workshop { clip, check, .. } = *workshop;
    let mut stream = Vec::new();
    let mut reader = clip.reader()?;
    let begun = Instant::now();
    let (encoded, coding) = measure_coding(|| {
        encode_video(&mut reader, &mut stream, model, config, None, &mut |_| {
            check()
        })
    });
    let encode_seconds = begun.elapsed().as_secs_f64() - coding.counting_seconds;
    let encoded = encoded.map_err(|error| match error {
        SessionError::Cancelled { .. } => BenchError::Cancelled,
        error => error.into(),
    })?;
    let encode_codec_seconds = encoded.codec_seconds - coding.counting_seconds;
    let encode_stages = stage_times(
        encoded.frames,
        encode_codec_seconds,
        coding.seconds,
        Some(encode_seconds - encode_codec_seconds),
    );

    let decoded_name = format!("{}.y4m", workshop.name);
    let decoded = workshop.folder.join(&decoded_name);
    let vmaf_program = workshop.vmaf.filter(|_| !clip.is_picture());
    let mut writer = match vmaf_program {
        Some(_) => Some(Box::new(Y4mWriter::create(&decoded, &clip.properties)?)),
        None => None,
    };
    let mut container = ContainerReader::new(&stream[..]).map_err(SessionError::from)?;
    let mut frames = StreamFrames::new(&mut container, model, None)?;
    let mut decode_seconds = 0.0;
    let mut compared = compare(
        clip,
        workshop.perceptual,
        &mut || {
            let begun = Instant::now();
            let frame = frames.next_frame()?;
            decode_seconds += begun.elapsed().as_secs_f64();
            if let (Some(frame), Some(writer)) = (&frame, &mut writer) {
                writer.write_frame(&frame.frame)?;
            }
            Ok(frame)
        },
        check,
    )?;
    let (bytes, decode_codec_seconds) = (frames.payload_bytes, frames.codec_seconds);
    let decode_stages = stage_times(
        encoded.frames,
        decode_codec_seconds,
        frames.coding.seconds,
        Some(decode_seconds - frames.coding.counting_seconds - decode_codec_seconds),
    );
    if let (Some(program), Some(writer)) = (vmaf_program, writer) {
        writer.finish()?;
        vmaf(workshop, program, &decoded_name, &mut compared.per_frame)?;
        fs::remove_file(&decoded).map_err(BenchError::io(&decoded))?;
    }
    let format = clip.properties.format;
    let measurement = Measurement {
        frames: encoded.frames,
        width: format.width(),
        height: format.height(),
        frame_rate: clip.properties.frame_rate.as_f64(),
        bytes,
        file_bytes: Some(encoded.bytes),
        estimated_bytes: Some(frames.coding.ideal_bits / 8.0),
        bits_per_pixel: bits_per_pixel(bytes, format.pixels(), encoded.frames),
        bits_per_second: bits_per_second(bytes, encoded.frames, clip.properties.frame_rate),
        scores: Scores::mean(compared.per_frame.iter().map(|frame| &frame.scores)),
        encode_frames_per_second: per_second(encoded.frames, encode_codec_seconds),
        decode_frames_per_second: per_second(encoded.frames, decode_codec_seconds),
        encode_stages,
        decode_stages,
        encode_peak_bytes: peak.encoding,
        decode_peak_bytes: peak.decoding,
        commands: Vec::new(),
        per_frame: compared.per_frame,
    };
    Ok(Measured {
        measurement,
        crops: compared.crops,
    })
}
