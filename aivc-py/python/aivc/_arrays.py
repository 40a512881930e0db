"""What callers pass as arrays, as arrays that the native module reads."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, Sequence, Union

import numpy as np
import numpy.typing as npt

from aivc._errors import InvalidArgumentError
from aivc._native import MAX_SIDE

Array = npt.NDArray[Any]


class SupportsDLPack(Protocol):
    """An array of another library that shares its memory, such as a tensor of PyTorch."""

    def __dlpack__(self) -> Any: ...


ArrayLike = Union[npt.ArrayLike, SupportsDLPack]
"""Whatever NumPy makes an array of, and whatever has ``__dlpack__``."""

FrameArray = npt.NDArray[Union[np.uint8, np.uint16]]
"""Samples: ``uint8`` for 8 bits, ``uint16`` with values up to 1023 for 10 bits."""


class YuvPlanes(NamedTuple):
    """A 4:2:0 frame: luma and two chroma planes of half the size, rounded up."""

    y: FrameArray
    """Luma, ``(height, width)``."""
    u: FrameArray
    """Cb, ``((height + 1) // 2, (width + 1) // 2)``."""
    v: FrameArray
    """Cr, of the same shape as Cb."""


FrameLike = Union[ArrayLike, YuvPlanes, Sequence[ArrayLike]]
"""A frame: ``(height, width, 3)`` of red, green and blue, or a tuple or list of the planes Y, Cb, Cr."""


def as_array(value: Any) -> Array:
    """An array that shares memory with ``value`` where it can."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "__dlpack__") and hasattr(value, "__dlpack_device__"):
        try:
            return np.from_dlpack(value)
        except (BufferError, TypeError, RuntimeError, ValueError):
            # What DLPack cannot say, such as a tensor that wants gradients; `asarray` has the better
            # message where neither works.
            pass
    try:
        return np.asarray(value)
    except ValueError as error:
        raise InvalidArgumentError(f"not an array: {error}") from error


def readable(array: Array) -> Array:
    """The array as native code reads it: contiguous, aligned, in the machine's byte order."""
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return np.require(array, requirements=["C_CONTIGUOUS", "ALIGNED"])


def as_frame(value: Any) -> Union[Array, tuple[Array, ...]]:
    """A frame as the native module takes it."""
    if isinstance(value, (tuple, list)) and len(value) == 3:
        planes = [as_array(plane) for plane in value]
        # Three nested lists are planes only if they can be: `[[[r, g, b], ...], ...]` has 3 rows.
        if all(plane.ndim == 2 for plane in planes):
            return tuple(_sized(plane) for plane in planes)
        if isinstance(value, tuple):
            shapes = ", ".join(str(plane.shape) for plane in planes)
            raise InvalidArgumentError(
                f"planes have 2 dimensions each (height, width); these have the shapes {shapes}"
            )
    array = as_array(value)
    if array.ndim != 3 or array.shape[2] != 3:
        raise InvalidArgumentError(
            f"an RGB frame has the shape (height, width, 3), not {array.shape}"
        )
    return _sized(array)


def _sized(array: Array) -> Array:
    # Before anything is copied: an array with a stride of 0 says a size that it does not have.
    height, width = array.shape[:2]
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise InvalidArgumentError(
            f"picture size {width}x{height} is outside 1x1 to {MAX_SIDE}x{MAX_SIDE}"
        )
    if array.dtype.newbyteorder("=") not in (np.uint8, np.uint16):
        raise InvalidArgumentError(
            f"a frame has the dtype uint8 (8 bits) or uint16 (10 bits), not {array.dtype}"
        )
    return readable(array)
