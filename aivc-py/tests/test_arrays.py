"""What is taken as an array."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import aivc
from conftest import gradient

FRAME = gradient(24, 40)
OTHER = gradient(24, 40, shift=3)
EXPECTED = aivc.psnr(FRAME, OTHER)


class OnlyDLPack:
    """A tensor of a library that NumPy knows nothing of."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()


class OnlyInterface:
    """An array by the array interface."""

    def __init__(self, array: Any) -> None:
        self.__array_interface__ = array.__array_interface__
        self.array = array


class OnlyArray:
    """What makes an array of itself, and DLPack is not for it: a tensor that wants gradients."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __dlpack__(self, **options: Any) -> Any:
        raise BufferError("not without detaching")

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.array


def misaligned(array: Any) -> Any:
    """A copy that starts at an odd address."""
    buffer = np.zeros(array.nbytes + 1, np.uint8)
    view = buffer[1:].view(array.dtype).reshape(array.shape)
    view[...] = array
    return view


def read_only(array: Any) -> Any:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


@pytest.mark.parametrize(
    "convert",
    [
        np.asfortranarray,
        lambda frame: np.repeat(frame, 2, axis=1)[:, ::2],
        lambda frame: np.ascontiguousarray(frame[::-1, ::-1])[::-1, ::-1],
        lambda frame: np.ascontiguousarray(frame.transpose(2, 0, 1)).transpose(1, 2, 0),
        read_only,
        OnlyDLPack,
        OnlyInterface,
        OnlyArray,
        memoryview,
        lambda frame: frame.tolist() and frame.view(np.ndarray),
    ],
    ids=[
        "fortran",
        "strided",
        "negative-strides",
        "channels-first",
        "read-only",
        "dlpack",
        "array-interface",
        "array-method",
        "buffer",
        "view",
    ],
)
def test_any_array_is_read_as_numpy_reads_it(convert: Any) -> None:
    assert aivc.psnr(convert(FRAME), convert(OTHER)) == EXPECTED


@pytest.mark.parametrize(
    "convert", [misaligned, lambda frame: frame.astype(">u2")], ids=["misaligned", "big-endian"]
)
def test_ten_bits_are_read_in_any_layout(convert: Any) -> None:
    frame, other = (gradient(24, 40, shift, np.uint16) for shift in (0, 3))
    assert aivc.psnr(convert(frame), convert(other)) == aivc.psnr(frame, other)


def test_planes_may_be_a_tuple_or_a_list_of_anything() -> None:
    planes = FRAME[..., 0], FRAME[:12, :20, 1], FRAME[:12, :20, 2]
    for other in (list(planes), aivc.YuvPlanes(*planes), tuple(map(OnlyDLPack, planes))):
        assert aivc.psnr(planes, other).pooled == 100.0


def test_a_frame_is_given_out_as_an_array_that_owns_itself() -> None:
    with aivc.Encoder(40, 24, 25) as encoder:
        encoder.send(FRAME)
    (frame,) = aivc.Decoder(b"".join(encoder))
    assert frame.flags.c_contiguous and frame.flags.writeable
    frame[...] = 0
    np.testing.assert_array_equal(np.from_dlpack(frame), frame)


def test_a_huge_array_that_is_none_is_refused_before_it_is_copied() -> None:
    huge = np.broadcast_to(np.uint8(0), (10**9, 10**9, 3))
    with pytest.raises(aivc.InvalidArgumentError, match="outside 1x1"):
        aivc.psnr(huge, huge)
