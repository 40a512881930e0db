//! What a stream says of itself, without decoding it.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use aivc_core::metrics::{bits_per_pixel, bits_per_second};
use aivc_core::model::{BUILTIN_MODELS, WeightsFile, WeightsHash};
use aivc_core::session::{
    ContainerError, ContainerReader, FrameType, IndexStatus, StreamHeader, properties_of_stream,
};
use aivc_core::video::VideoProperties;
use serde::{Serialize, Serializer};

use crate::arguments::is_dash;
use crate::failure::Failure;
use crate::interrupt;
use crate::report::Table;

/// Everything that `aivc info` tells of a stream.
#[derive(Debug, Serialize)]
pub struct StreamSummary {
    kind: &'static str,
    family: String,
    model: String,
    weights_hash: String,
    weights_built_in: bool,
    width: u32,
    height: u32,
    coded_width: u32,
    coded_height: u32,
    pixel_format: String,
    bit_depth: u8,
    color: ColorSummary,
    frame_rate: String,
    keyframe_interval: u32,
    packets: u64,
    keyframes: u64,
    quality_lowest: Option<u8>,
    quality_highest: Option<u8>,
    bytes: u64,
    payload_bytes: u64,
    container_bytes: u64,
    duration_seconds: f64,
    bits_per_pixel: Option<f64>,
    bits_per_second: Option<f64>,
    #[serde(rename = "index", serialize_with = "index_name")]
    pub index_status: IndexStatus,
    pub damage: Vec<String>,
}

/// Code points of ITU-T H.273.
#[derive(Debug, Serialize)]
struct ColorSummary {
    primaries: u8,
    transfer: u8,
    matrix: u8,
    range: &'static str,
}

impl StreamSummary {
    /// Reads a stream to its end.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = Rc::new(Cell::new(0));
        let inner: Box<dyn Read> = if is_dash(path) {
            Box::new(io::stdin())
        } else {
            Box::new(BufReader::new(File::open(path).map_err(Failure::at(path))?))
        };
        let source = CountingReader {
            inner,
            bytes: Rc::clone(&bytes),
        };
        let mut container = ContainerReader::new(source).map_err(Failure::at(path))?;
        let properties = properties_of_stream(container.header()).map_err(Failure::at(path))?;
        let mut summary = Self::of_header(container.header(), &properties)?;
        loop {
            interrupt::fail_if_requested()?;
            match container.next_packet() {
                Ok(Some(packet)) => {
                    summary.packets += 1;
                    summary.keyframes += u64::from(packet.frame_type == FrameType::Key);
                    summary.payload_bytes += packet.payload.len() as u64;
                    let quality = packet.quality;
                    summary.quality_lowest =
                        Some(summary.quality_lowest.map_or(quality, |q| q.min(quality)));
                    summary.quality_highest =
                        Some(summary.quality_highest.map_or(quality, |q| q.max(quality)));
                }
                Ok(None) => break,
                Err(error @ ContainerError::DamagedPacket { .. }) => {
                    summary.damage.push(error.to_string())
                }
                Err(error) => return Err(Failure::from(error).about(path)),
            }
        }
        summary.index_status = container.index_status();
        summary.bytes = bytes.get();
        summary.complete(&properties);
        Ok(summary)
    }

    /// Whether nothing is damaged or missing.
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty() && self.index_status == IndexStatus::Complete
    }

    fn of_header(header: &StreamHeader, properties: &VideoProperties) -> Result<Self, Failure> {
        let hash = WeightsHash::from_bytes(header.weights_hash);
        let mut weights_built_in = false;
        for builtin in BUILTIN_MODELS {
            weights_built_in |= WeightsFile::from_bytes(builtin.weights)?.hash() == hash;
        }
        Ok(Self {
            kind: "stream",
            family: header.family.to_string(),
            model: header.model_name.clone(),
            weights_hash: hash.to_string(),
            weights_built_in,
            width: header.display_width,
            height: header.display_height,
            coded_width: header.coded_width,
            coded_height: header.coded_height,
            pixel_format: header.pixel_format.to_string(),
            bit_depth: header.bit_depth,
            color: ColorSummary {
                primaries: header.color_primaries,
                transfer: header.transfer_characteristics,
                matrix: header.matrix_coefficients,
                range: match properties.color.range {
                    aivc_core::frame::ColorRange::Limited => "limited",
                    aivc_core::frame::ColorRange::Full => "full",
                },
            },
            frame_rate: properties.frame_rate.to_string(),
            keyframe_interval: header.keyframe_interval,
            packets: 0,
            keyframes: 0,
            quality_lowest: None,
            quality_highest: None,
            bytes: 0,
            payload_bytes: 0,
            container_bytes: 0,
            duration_seconds: 0.0,
            bits_per_pixel: None,
            bits_per_second: None,
            index_status: IndexStatus::NotReached,
            damage: Vec::new(),
        })
    }

    /// Works out what follows from the counts.
    fn complete(&mut self, properties: &VideoProperties) {
        self.container_bytes = self.bytes - self.payload_bytes;
        self.duration_seconds = self.packets as f64 / properties.frame_rate.as_f64();
        if self.packets > 0 {
            let pixels = self.width as usize * self.height as usize;
            self.bits_per_pixel = Some(bits_per_pixel(self.bytes, pixels, self.packets));
            self.bits_per_second = Some(bits_per_second(
                self.bytes,
                self.packets,
                properties.frame_rate,
            ));
        }
    }

    /// The summary as a table.
    pub fn to_text(&self, title: &str) -> String {
        let mut table = Table::titled(format!("{title}: .aivc stream"));
        let color = &self.color;
        table.row(
            "video",
            format!(
                "{}x{} {} {} bit, {} frames/s",
                self.width, self.height, self.pixel_format, self.bit_depth, self.frame_rate
            ),
        );
        if (self.coded_width, self.coded_height) != (self.width, self.height) {
            table.row(
                "coded at",
                format!("{}x{}", self.coded_width, self.coded_height),
            );
        }
        table.row(
            "colour",
            format!(
                "primaries {}, transfer {}, matrix {} (H.273), {} range",
                color.primaries, color.transfer, color.matrix, color.range
            ),
        );
        let built_in = if self.weights_built_in {
            "built in"
        } else {
            "not built in: give their file with --model"
        };
        table.row(
            "model",
            format!(
                "{} ({} family), weights {built_in}",
                self.model, self.family
            ),
        );
        table.row("weights", &self.weights_hash);
        table.row(
            "packets",
            format!("{} ({} keyframes)", self.packets, self.keyframes),
        );
        if let (Some(lowest), Some(highest)) = (self.quality_lowest, self.quality_highest) {
            table.row(
                "quality",
                if lowest == highest {
                    lowest.to_string()
                } else {
                    format!("{lowest} to {highest}")
                },
            );
        }
        table.row("duration", format!("{:.3} s", self.duration_seconds));
        table.row(
            "size",
            format!(
                "{} bytes (payload {} + container {})",
                self.bytes, self.payload_bytes, self.container_bytes
            ),
        );
        if let (Some(per_pixel), Some(per_second)) = (self.bits_per_pixel, self.bits_per_second) {
            table.row(
                "rate",
                format!(
                    "{per_pixel:.4} bits/pixel, {:.1} kbit/s",
                    per_second / 1000.0
                ),
            );
        }
        table.row("index", index_text(self.index_status));
        table.row(
            "damage",
            match self.damage.len() {
                0 => "none".to_owned(),
                count => format!("{count} damaged stretches"),
            },
        );
        table.into_text()
    }
}

fn index_text(status: IndexStatus) -> &'static str {
    match status {
        IndexStatus::NotReached => "not reached",
        IndexStatus::Complete => "complete",
        IndexStatus::Missing => "missing",
        IndexStatus::Damaged => "damaged",
    }
}

fn index_name<S: Serializer>(status: &IndexStatus, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(index_text(*status))
}

struct CountingReader {
    inner: Box<dyn Read>,
    bytes: Rc<Cell<u64>>,
}

impl Read for CountingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.bytes.set(self.bytes.get() + length as u64);
        Ok(length)
    }
}
