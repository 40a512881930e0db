"""Arguments of Python as the native module takes them."""

from __future__ import annotations

import math
import operator
import os
from fractions import Fraction
from typing import Optional, Protocol, SupportsIndex, Union

from aivc._errors import InvalidArgumentError

PathLike = Union[str, "os.PathLike[str]"]
Rate = Union[int, float, str, Fraction]



class SupportsRead(Protocol):
    """A binary file that is open for reading."""

    def read(self, size: int, /) -> bytes: ...


class SupportsWrite(Protocol):
    """A binary file that is open for writing."""

    def write(self, data: bytes, /) -> object: ...


_U32 = 2**32 - 1
_U64 = 2**64 - 1


def integer(name: str, value: SupportsIndex, low: int, high: int) -> int:
    """An integer of any type, within limits."""
    number = operator.index(value)
    if not low <= number <= high:
        raise InvalidArgumentError(f"{name} is {number}; it must be {low} to {high}")
    return number


def optional_count(name: str, value: Optional[SupportsIndex]) -> Optional[int]:
    """A number of at least 1, or None."""
    return None if value is None else integer(name, value, 1, _U64)


def threads(value: Optional[SupportsIndex]) -> Optional[int]:
    """A number of threads, or None for one a core."""
    return None if value is None else integer("threads", value, 1, 1024)


def quality(value: SupportsIndex) -> int:
    """A quality level."""
    return integer("quality", value, 0, 63)


def effort(value: SupportsIndex) -> int:
    """How long to search."""
    return integer("effort", value, 0, 9)


def keyframes(
    interval: SupportsIndex, scene_cuts: bool, lookahead: SupportsIndex
) -> tuple[int, bool, int]:
    """Most frames from one keyframe to the next, whether scenes make more, frames known ahead."""
    return (
        integer("keyframe_interval", interval, 1, _U32),
        scene_cuts,
        integer("lookahead", lookahead, 0, _U32),
    )


def target(
    bitrate: Optional[float], psnr: Optional[float]
) -> tuple[Optional[float], Optional[float]]:
    """What a stream is to reach; the library checks it."""
    return (
        None if bitrate is None else float(bitrate),
        None if psnr is None else float(psnr),
    )


def refinement(
    refine: Union[bool, PathLike], upscale: SupportsIndex
) -> Optional[tuple[int, Optional[PathLike]]]:
    """How many times their size frames are shown at, and by what; None for what is built in."""
    factor = integer("upscale", upscale, 1, 2)
    if isinstance(refine, bool):
        return (factor, None) if refine or factor > 1 else None
    return factor, refine


def bit_depth(value: SupportsIndex) -> int:
    """Bits a sample; which of them there are is the library's to say."""
    return integer("bit_depth", value, 0, 255)


def side(name: str, value: SupportsIndex) -> int:
    """A width or height; the library knows the limit."""
    return integer(name, value, 0, _U32)


def frame_rate(value: Rate) -> tuple[int, int]:
    """Numerator and denominator of a number of frames a second."""
    if isinstance(value, float) and math.isfinite(value):
        # 29.97 and 23.976 are decimals; 30000 / 1001 is that fraction, rounded.
        rate = Fraction(value).limit_denominator(1001)
    else:
        try:
            rate = Fraction(value)
        except (ValueError, OverflowError, ZeroDivisionError) as error:
            raise InvalidArgumentError(
                f"fps is {value!r}; it must be a positive number such as 25 or '30000/1001'"
            ) from error
    if not (0 < rate.numerator <= _U32 and rate.denominator <= _U32):
        raise InvalidArgumentError(f"fps is {value!r}; it must be positive, and a ratio of 32 bits")
    return rate.numerator, rate.denominator


InputDescription = tuple[Optional[tuple[int, int]], int, Optional[tuple[int, int]]]


def input_description(
    size: Optional[tuple[int, int]], depth: SupportsIndex, fps: Optional[Rate]
) -> InputDescription:
    """What a video file does not say of itself."""
    pixels = None
    if size is not None:
        width, height = size
        pixels = side("width", width), side("height", height)
    return pixels, bit_depth(depth), None if fps is None else frame_rate(fps)
