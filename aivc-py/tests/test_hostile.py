"""Nothing that a caller passes crashes the interpreter, or raises anything but what is promised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import aivc
from aivc import rans
from conftest import gradient, stream_of

PROMISED = (aivc.AivcError, TypeError, MemoryError)
FUZZ = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

SCALARS: Any = hnp.scalar_dtypes() | hnp.unicode_string_dtypes() | st.just(np.dtype(object))
STREAM = stream_of([gradient(16, 16, shift) for shift in range(3)])


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    """Arrays of any type, shape and strides: empty, zero-dimensional, NaN, huge."""
    kind = draw(st.sampled_from(["any", "frame", "huge", "structured"]))
    if kind == "any":
        dtype: Any = draw(SCALARS)
        array = np.zeros(draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0)), dtype)
    elif kind == "frame":
        dtype = draw(st.sampled_from([np.uint8, np.uint16, np.float32, np.int64, ">u2"]))
        shape = draw(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(2, 4)))
        value = draw(st.sampled_from([0, 1, 255, 1023]))
        array = np.full(shape, value).astype(dtype)
        if draw(st.booleans()) and np.issubdtype(array.dtype, np.floating):
            array[...] = draw(st.sampled_from([np.nan, np.inf, -np.inf, 1e30]))
    elif kind == "huge":
        sides = draw(st.lists(st.sampled_from([1, 3, 10**4, 10**6]), min_size=1, max_size=3))
        array = np.broadcast_to(np.zeros((), draw(st.sampled_from(["u1", "u2"]))), sides)
        if array.size < 10**8:
            array = array[:0]
    else:
        array = np.zeros(draw(st.integers(0, 3)), [("a", "u1"), ("b", "f4")])
    if draw(st.booleans()) and array.ndim:
        steps = [draw(st.sampled_from([1, 2, -1, -3])) for _ in range(array.ndim)]
        array = array[tuple(slice(None, None, step) for step in steps)]
    if draw(st.booleans()):
        array = array.T
    return array


ANYTHING = (
    arrays()
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=20)
    | st.lists(st.integers() | st.floats(), max_size=5)
    | st.tuples(arrays(), arrays(), arrays())
    | st.builds(object)
)


def too_large(value: Any) -> bool:
    """Whether it is legitimate, if unwise, to code: so many symbols that memory is the limit."""
    if isinstance(value, tuple):
        return any(map(too_large, value))
    return isinstance(value, np.ndarray) and value.size > 10**6


def survives(call: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return call(*arguments, **options)
    except PROMISED:
        return None


@FUZZ
@given(frame=ANYTHING, other=ANYTHING)
def test_frames(frame: Any, other: Any) -> None:
    encoder = aivc.Encoder(16, 16, 25)
    survives(encoder.send, frame)
    for metric in (aivc.psnr, aivc.ssim, aivc.ms_ssim, aivc.ssimulacra2):
        survives(metric, frame, other)
        survives(metric, frame, frame)


@FUZZ
@given(
    options=st.fixed_dictionaries(
        {},
        optional={
            "width": st.integers() | ANYTHING,
            "height": st.integers() | ANYTHING,
            "fps": ANYTHING,
            "quality": ANYTHING,
            "model": st.none() | st.integers() | st.text(max_size=5) | st.builds(object),
            "pixel_format": st.sampled_from(["rgb", "yuv420"]) | ANYTHING,
            "bit_depth": st.integers(7, 11) | ANYTHING,
            "color": st.sampled_from(["bt601", "bt2020", "\0"]) | ANYTHING,
            "color_range": ANYTHING,
            "keyframe_interval": ANYTHING,
            "lookahead": ANYTHING,
            "threads": st.integers(-2, 3) | st.integers(1025) | st.text(max_size=2),
        },
    )
)
def test_options_of_an_encoder(options: dict[str, Any]) -> None:
    survives(aivc.Encoder, **{"width": 16, "height": 16, "fps": 25, **options})


@FUZZ
@given(
    source=st.binary(max_size=300)
    | st.builds(
        lambda position, value: STREAM[:position] + bytes([value]) + STREAM[position + 1 :],
        st.integers(0, len(STREAM) - 1),
        st.integers(0, 255),
    )
    | st.integers()
    | st.builds(object)
    | st.none()
    | st.lists(st.integers()),
    output=st.sampled_from(["rgb", "yuv420", "cmyk"]),
)
def test_streams(source: Any, output: Any) -> None:
    decoder = survives(aivc.Decoder, source, output=output, damage="skip")
    if decoder is not None:
        assert len(list(decoder)) <= 3


NUMBERS = hnp.arrays(
    st.sampled_from(["i1", "u1", "i4", "u4", "i8", "u8", "f4", "f8", "?", "U2", "c8"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
)


@FUZZ
@given(values=NUMBERS | ANYTHING, indices=NUMBERS | ANYTHING, data=st.binary(max_size=60))
def test_entropy_coding(values: Any, indices: Any, data: bytes) -> None:
    tables = rans.gaussian_tables()
    assume(not too_large((values, indices)))
    survives(rans.encode, values, indices, tables)
    survives(rans.decode, data, indices, tables)
    survives(rans.encode_gaussian, values, indices, values)
    survives(rans.decode_gaussian, data, indices, values)
    survives(tables.cost_bits, values, indices)
    decoder = survives(rans.Decoder, data)
    if decoder is not None:
        survives(decoder.decode, indices, tables)
        survives(decoder.decode_bits, 32)
        survives(decoder.finish)


@FUZZ
@given(a=NUMBERS | ANYTHING, b=NUMBERS | ANYTHING, c=NUMBERS | ANYTHING, data=st.binary(max_size=60))
def test_tables(a: Any, b: Any, c: Any, data: bytes) -> None:
    assume(not too_large((a, b, c)))
    survives(rans.Tables.from_cdfs, a, b, c)
    survives(rans.Tables.from_frequencies, a, b)
    survives(rans.Tables.from_weights, a, b, c)
    survives(rans.Tables.from_bytes, data)
    survives(aivc.bd_rate, a, b)
    survives(aivc.bd_psnr, a, b)


@pytest.mark.parametrize("name", ["Encoder", "Decoder", "Tables", "RansDecoder"])
def test_native_classes_refuse_to_be_made_without_their_arguments(name: str) -> None:
    from aivc import _native

    with pytest.raises(TypeError):
        getattr(_native, name)()
    with pytest.raises(TypeError):
        object.__new__(getattr(_native, name))
