"""Whole files to streams and back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Callable, Literal, NamedTuple, Optional, SupportsIndex, Union

from aivc import _arguments, _native
from aivc._arguments import PathLike, Rate
from aivc._native import Model


class Progress(NamedTuple):
    """How far encoding or decoding is."""

    frames: int
    """Frames done."""
    frames_expected: Optional[int]
    """Frames there will be, where that is known."""
    bytes: int
    """Bytes so far: of the stream when encoding, of payloads when decoding."""
    codec_seconds: float
    """Seconds in the codec, without reading and writing video."""


@dataclass(frozen=True)
class EncodeSummary:
    """What :func:`encode` did."""

    frames: int
    """Frames coded."""
    bytes: int
    """Bytes of the stream."""
    codec_seconds: float
    """Seconds in the codec, without reading video and writing the stream."""
    duration_seconds: float
    """Seconds of video."""


@dataclass(frozen=True)
class DecodeSummary:
    """What :func:`decode` did."""

    frames: int
    """Frames written, those that stand for lost ones included."""
    repeated: int
    """Frames that were lost and replaced by a repetition of the one before."""
    payload_bytes: int
    """Bytes of all payloads."""
    codec_seconds: float
    """Seconds in the codec, without reading the stream and writing video."""
    damaged: int
    """Damaged stretches of the stream."""
    errors: tuple[str, ...]
    """What was damaged, the first 1000 of them."""
    index: Literal["complete", "missing", "damaged", "not-reached"]
    """What became of the index at the stream's end; a stream that was cut off has none."""


def encode(
    input: PathLike,
    output: PathLike,
    quality: SupportsIndex = 32,
    *,
    effort: SupportsIndex = 0,
    model: Union[Model, PathLike, None] = None,
    frames: Optional[SupportsIndex] = None,
    keyframe_interval: SupportsIndex = 64,
    scene_cuts: bool = True,
    lookahead: SupportsIndex = 40,
    bitrate: Optional[float] = None,
    psnr: Optional[float] = None,
    size: Optional[tuple[int, int]] = None,
    bit_depth: SupportsIndex = 8,
    fps: Optional[Rate] = None,
    threads: Optional[SupportsIndex] = None,
    progress: Optional[Callable[[Progress], object]] = None,
) -> EncodeSummary:
    """Codes a video file into an ``.aivc`` stream.

    :param input: ``.y4m``, raw ``.yuv``, a PNG or JPEG picture, a folder of them, a pattern such as
        ``frame_%04d.png``, or anything that an ``ffmpeg`` program on the path reads.
    :param output: The stream. It appears under its name when it is complete.
    :param quality: 0 is smallest, 63 best; keyframes that others are predicted from are up to 16 levels
        better.
    :param effort: From 0 (fastest) to 9: how long to search for latents that take fewer bits. Models of the
        family hyperprior search; others code as with 0.
    :param model: A :class:`Model`, the name of one that is built in, or a weights file.
    :param frames: Code only so many frames from the start.
    :param keyframe_interval: Most frames from one keyframe to the next, for models that predict.
    :param scene_cuts: Whether a change of scene makes a keyframe before that.
    :param lookahead: Frames that are known beyond the one that is coded: models that predict spend bits
        where these profit. 0 needs the least memory.
    :param bitrate: Bits a second that the stream is to reach, in place of a constant quality.
    :param psnr: Mean PSNR in dB, planes weighted 6:1:1, that it is to reach instead.
    :param size: Width and height in pixels of raw ``.yuv`` video, which needs it.
    :param bit_depth: 8 or 10, of raw ``.yuv`` video.
    :param fps: Frames a second of raw video and of pictures: a number, ``Fraction``, or text such as
        ``"30000/1001"``. 25 if nothing is said.
    :param threads: CPU threads; one a core if nothing is said. The stream does not depend on it.
    :param progress: Called after every frame. What it raises ends the call.
    :raises AivcError: :class:`MissingFileError`, :class:`VideoError`, :class:`ModelError`,
        :class:`InvalidArgumentError` and :class:`InputOutputError`.
    """
    summary = _native.encode(
        input,
        output,
        _arguments.quality(quality),
        _arguments.effort(effort),
        model,
        _arguments.optional_count("frames", frames),
        _arguments.keyframes(keyframe_interval, scene_cuts, lookahead),
        _arguments.target(bitrate, psnr),
        _arguments.input_description(size, bit_depth, fps),
        _arguments.threads(threads),
        _reporting(progress),
    )
    return EncodeSummary(**json.loads(summary))


def decode(
    input: PathLike,
    output: PathLike,
    *,
    model: Union[Model, PathLike, None] = None,
    refine: Union[bool, PathLike] = False,
    upscale: SupportsIndex = 1,
    strict: bool = False,
    threads: Optional[SupportsIndex] = None,
    progress: Optional[Callable[[Progress], object]] = None,
) -> DecodeSummary:
    """Decodes an ``.aivc`` stream into a video file.

    :param input: The stream.
    :param output: ``.y4m``, ``.yuv``, ``.png`` (one picture), a pattern such as ``frame_%04d.png``,
        or, by an ``ffmpeg`` program, ``.mkv``, ``.mp4``, ``.mov`` or ``.webm``, all without loss.
    :param model: The weights that the stream was coded with, if they are not built in.
    :param refine: Improve the frames by a network: True for the one that is built in, the name of another,
        or a weights file. They look better, and are further from what was coded.
    :param upscale: 2 shows the frames at twice their size, by a network: the one that is built in, that of
        ``refine``, or ``"plain"`` there for bicubic interpolation. A stream of ``aivc encode --scale 1/2``
        gets its full size back.
    :param strict: Raise :class:`StreamError` at the first damage. Otherwise lost frames are replaced
        by repetitions of the one before, and the summary tells of them.
    :param threads: CPU threads; one a core if nothing is said. Frames do not depend on it.
    :param progress: Called after every packet. What it raises ends the call.
    :raises AivcError: :class:`StreamError`, :class:`MissingFileError`, :class:`ModelError`,
        :class:`VideoError`, :class:`InvalidArgumentError` and :class:`InputOutputError`.
    """
    text = _native.decode(
        input,
        output,
        model,
        _arguments.refinement(refine, upscale),
        bool(strict),
        _arguments.threads(threads),
        _reporting(progress),
    )
    summary = json.loads(text)
    return DecodeSummary(**{**summary, "errors": tuple(summary["errors"])})


def _reporting(
    progress: Optional[Callable[[Progress], object]],
) -> Optional[Callable[[int, Optional[int], int, float], object]]:
    if progress is None:
        return None
    report = progress
    return lambda *arguments: report(Progress(*arguments))
