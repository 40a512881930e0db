"""Rate, quality and speed of a coded video."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any, Callable, Optional, SupportsIndex, TypeVar, Union

from aivc import _arguments, _native
from aivc._arguments import PathLike, Rate as FrameRate
from aivc._native import Model


@dataclass(frozen=True)
class QualityReport:
    """Quality of a frame, or means over frames; decibels are averaged as they are.

    A 4:2:0 reference has the figures of Y, U and V, an RGB one those of R, G and B; the others are
    None.
    """

    ssim: Optional[float]
    """SSIM of the lumas; None for pictures below 11 pixels a side."""
    ms_ssim: Optional[float]
    """MS-SSIM of the lumas; None for pictures below 161 pixels a side."""
    ssimulacra2: Optional[float] = None
    """SSIMULACRA 2, where asked for; of a video the mean over the frames that were measured."""
    lpips: Optional[float] = None
    """LPIPS, likewise."""
    psnr_y: Optional[float] = None
    """PSNR of luma in dB."""
    psnr_u: Optional[float] = None
    """PSNR of Cb in dB."""
    psnr_v: Optional[float] = None
    """PSNR of Cr in dB."""
    psnr_avg611: Optional[float] = None
    """``(6 * Y + U + V) / 8`` in dB."""
    psnr_r: Optional[float] = None
    """PSNR of red in dB."""
    psnr_g: Optional[float] = None
    """PSNR of green in dB."""
    psnr_b: Optional[float] = None
    """PSNR of blue in dB."""
    psnr_rgb: Optional[float] = None
    """PSNR of the squared error of all three in dB."""

    @property
    def psnr(self) -> float:
        """The one figure that is usual: :attr:`psnr_rgb`, or :attr:`psnr_avg611` for 4:2:0, in dB."""
        figure = self.psnr_avg611 if self.psnr_rgb is None else self.psnr_rgb
        assert figure is not None, "every report has one of them"
        return figure


@dataclass(frozen=True)
class FrameEvaluation:
    """One frame of an :class:`Evaluation`."""

    frame: int
    """Its number, from 0."""
    payload_bytes: Optional[int]
    """Bytes of its payload, of ``.aivc`` streams."""
    estimated_bits: Optional[float]
    """The ideal length of its payload in bits, likewise."""
    quality: QualityReport
    """Its quality."""


@dataclass(frozen=True)
class Rate:
    """What a video costs."""

    bytes: int
    """Bytes of the file, or of the payloads alone where a note says so."""
    payload_bytes: Optional[int]
    """Bytes of an ``.aivc`` stream's payloads: what the entropy coder wrote."""
    container_bytes: Optional[int]
    """The rest: headers, checksums, index."""
    estimated_bits: Optional[float]
    """The ideal length of the payloads in bits: the sum of ``-log2`` of the probabilities of the coded
    symbols."""
    bits_per_pixel: float
    """Bits per luma pixel."""
    bits_per_second: float
    """Bits per second of video."""


@dataclass(frozen=True)
class StageTimes:
    """Where the time of a frame goes, in milliseconds a frame."""

    transform_ms: float
    """The codec without its entropy coder: networks, transforms, motion, colours."""
    entropy_ms: float
    """The entropy coder."""
    files_ms: Optional[float]
    """Reading and writing video and streams; None where frames were in memory."""


@dataclass(frozen=True)
class Speed:
    """Frames a second on this machine; None where nothing was measured."""

    decode_frames_per_second: Optional[float]
    """Decoding: reading the file and the codec."""
    decode_codec_frames_per_second: Optional[float]
    """The codec alone, from payload to frame."""
    encode_codec_frames_per_second: Optional[float]
    """The encoder, from frame to payload."""
    encode_frames_timed: int
    """Frames that the encoder was timed on."""
    encode_stages: Optional[StageTimes] = None
    """Where the encoder spent its time; None for other codecs than this library's."""
    decode_stages: Optional[StageTimes] = None
    """Where decoding spent its time, likewise."""


@dataclass(frozen=True)
class StreamReport:
    """What decoded an ``.aivc`` stream."""

    model: str
    """The model's name."""
    weights_hash: str
    """Hash of its weights."""
    backend: str
    """What computed it."""
    quality_lowest: int
    """Lowest quality level of the packets compared."""
    quality_highest: int
    """Highest quality level of the packets compared."""


@dataclass(frozen=True)
class Evaluation:
    """Rate, quality and speed of a coded video."""

    frames: int
    """Frames compared."""
    reference_frames: Optional[int]
    """Frames of the reference; None if it was not read to its end and does not say."""
    distorted_frames: Optional[int]
    """Frames of the other video, likewise."""
    width: int
    """Width in pixels."""
    height: int
    """Height in pixels."""
    pixel_format: str
    """Format of the reference, in which videos are compared: ``"yuv420"`` or ``"rgb"``."""
    bit_depth: int
    """Bits of a sample of the reference."""
    frame_rate: float
    """Frames a second of the reference."""
    stream: Optional[StreamReport]
    """The ``.aivc`` stream, if it was one."""
    rate: Optional[Rate]
    """Bytes and bits; None if they are not known for the frames compared."""
    quality: QualityReport
    """Means over the frames."""
    speed: Speed
    """Frames a second."""
    notes: tuple[str, ...]
    """What to know before comparing these figures with others."""
    per_frame: tuple[FrameEvaluation, ...] = ()
    """Every frame by itself, where asked for."""


def evaluate(
    reference: PathLike,
    distorted: PathLike,
    *,
    model: Union[Model, PathLike, None] = None,
    refine: Union[bool, PathLike] = False,
    upscale: SupportsIndex = 1,
    frames: Optional[SupportsIndex] = None,
    per_frame: bool = False,
    timed_encodings: SupportsIndex = 8,
    perceptual_every: SupportsIndex = 0,
    lpips: Optional[PathLike] = None,
    size: Optional[tuple[int, int]] = None,
    bit_depth: SupportsIndex = 8,
    fps: Optional[FrameRate] = None,
    threads: Optional[SupportsIndex] = None,
    progress: Optional[Callable[[int], object]] = None,
) -> Evaluation:
    """Compares a stream, or a video of any other codec, with its original.

    :param reference: The original: a video, a picture, a folder or a pattern of pictures.
    :param distorted: An ``.aivc`` stream, which is decoded in process, or a video of the same size.
    :param model: The weights that the stream was coded with, if they are not built in.
    :param refine: Compare the stream's frames as :func:`decode` shows them with this.
    :param upscale: Likewise.
    :param frames: Compare only so many frames from the start.
    :param per_frame: Keep the figures of every frame.
    :param timed_encodings: Frames to time the encoder on, of a stream; 0 leaves that out.
    :param perceptual_every: Measure SSIMULACRA 2, and LPIPS if it has weights, of the first frame and
        every n-th one after it; 0 leaves them out.
    :param lpips: A safetensors file with the weights of LPIPS (AlexNet), in the names of the Python
        package ``lpips``.
    :param size: Width and height in pixels of a raw ``.yuv`` reference, which needs it.
    :param bit_depth: 8 or 10, of a raw ``.yuv`` reference.
    :param fps: Frames a second of a reference that is raw video or pictures.
    :param threads: CPU threads; one a core if nothing is said.
    :param progress: Called with the number of frames after every one. What it raises ends the call.
    :raises AivcError: :class:`StreamError` for a damaged stream, :class:`InvalidArgumentError` for
        videos of different size or length, :class:`MissingFileError`, :class:`VideoError`,
        :class:`ModelError`, :class:`InputOutputError`.
    """
    text = _native.evaluate(
        reference,
        distorted,
        model,
        _arguments.refinement(refine, upscale),
        _arguments.optional_count("frames", frames),
        bool(per_frame),
        _arguments.integer("timed_encodings", timed_encodings, 0, 1000),
        _arguments.integer("perceptual_every", perceptual_every, 0, 2**32 - 1),
        lpips,
        _arguments.input_description(size, bit_depth, fps),
        _arguments.threads(threads),
        progress,
    )
    return _evaluation(json.loads(text))


def _evaluation(report: dict[str, Any]) -> Evaluation:
    stream, rate = report["stream"], report["rate"]
    parts = {
        "stream": None if stream is None else _picked(StreamReport, stream),
        "rate": None if rate is None else _picked(Rate, rate),
        "quality": _picked(QualityReport, report["quality"]),
        "speed": _speed(report["speed"]),
        "notes": tuple(report["notes"]),
        "per_frame": tuple(_frame(frame) for frame in report.get("per_frame", ())),
    }
    return _picked(Evaluation, {**report, **parts})


def _frame(report: dict[str, Any]) -> FrameEvaluation:
    return FrameEvaluation(
        report["frame"],
        report["payload_bytes"],
        report["estimated_bits"],
        _picked(QualityReport, report),
    )


def _speed(report: dict[str, Any]) -> Speed:
    stages = {
        name: None if report[name] is None else _picked(StageTimes, report[name])
        for name in ("encode_stages", "decode_stages")
    }
    return _picked(Speed, {**report, **stages})


_T = TypeVar("_T")


def _picked(kind: type[_T], values: dict[str, Any]) -> _T:
    """A data class from the values that it has fields for."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in values.items() if name in names})
