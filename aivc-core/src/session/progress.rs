/// How far a stream is; handed to observers after every frame or packet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Frames done.
    pub frames: u64,
    /// Frames there will be, where that is known.
    pub frames_expected: Option<u64>,
    /// Bytes so far: of the stream when encoding, of payloads when decoding.
    pub bytes: u64,
    /// Seconds in the codec, without reading and writing video.
    pub codec_seconds: f64,
}
