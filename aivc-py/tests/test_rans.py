"""The entropy coder alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import aivc
from aivc import rans

INT32 = st.integers(-(2**31), 2**31 - 1)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=20)
WEIGHTS = st.lists(st.floats(0, 1e6), min_size=1, max_size=40).filter(lambda w: sum(w) > 0)


def phi(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


@settings(deadline=None)
@given(data=st.data())
def test_any_integers_come_back_with_any_tables(data: st.DataObject) -> None:
    weights = data.draw(st.lists(WEIGHTS, min_size=1, max_size=5))
    minima = [data.draw(st.integers(-(2**31), 2**31 - 41)) for _ in weights]
    tables = rans.Tables.from_weights(weights, minima)
    values = data.draw(hnp.arrays(np.int32, SHAPES, elements=INT32))
    indices = data.draw(
        hnp.arrays(np.int64, values.shape, elements=st.integers(0, len(weights) - 1))
    )
    stream = rans.encode(values, indices, tables)
    decoded = rans.decode(stream, indices, tables)
    assert decoded.shape == values.shape and decoded.dtype == np.int32
    np.testing.assert_array_equal(decoded, values)


@settings(deadline=None)
@given(
    values=hnp.arrays(np.int32, SHAPES, elements=st.integers(-(2**30), 2**30)),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_integers_come_back_with_any_gaussians(values: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scales = rng.lognormal(0, 4, values.shape).astype(np.float32)
    means = (rng.normal(0, 1000, values.shape)).astype(np.float32)
    stream = rans.encode_gaussian(values, scales, means)
    np.testing.assert_array_equal(rans.decode_gaussian(stream, scales, means), values)


def test_a_stream_is_as_long_as_the_entropy_says() -> None:
    rng = np.random.default_rng(3)
    scales = rng.uniform(0.5, 20, 50_000)
    means = rng.uniform(-9, 9, 50_000)
    values = np.round(rng.normal(np.floor(means + 0.5), scales)).astype(np.int64)
    bits = 0.0
    for value, scale, mean in zip(values, scales, np.floor(means + 0.5)):
        edge = abs(value - mean) - 0.5
        bits -= math.log2(max(phi(-edge / scale) - phi(-(edge + 1) / scale), 2**-30))
    stream = rans.encode_gaussian(values, scales, means)
    # 0.002 bits a symbol on average for the rounding of scales, 0.02 for that of probabilities, and
    # 53 bytes for the states.
    assert bits <= 8 * len(stream) <= bits + 0.025 * len(values) + 8 * 60
    indices = rans.scale_indices(scales)
    cost = rans.gaussian_tables().cost_bits(values - np.floor(means + 0.5).astype(int), indices)
    assert cost <= 8 * len(stream) <= cost + 8 * 60


def test_a_scale_has_the_nearest_table_by_ratio() -> None:
    grid = rans.scale_grid()
    assert (len(grid), grid[0], grid[-1], len(rans.gaussian_tables())) == (64, 0.11, 256.0, 64)
    scales = np.geomspace(0.02, 2000, 999)
    nearest = np.abs(np.log(scales)[:, None] - np.log(grid)).argmin(axis=1)
    np.testing.assert_array_equal(rans.scale_indices(scales), nearest)
    np.testing.assert_array_equal(rans.scale_indices(grid), np.arange(64))
    middles = np.sqrt(grid[1:] * grid[:-1])
    np.testing.assert_array_equal(rans.scale_indices(middles), np.arange(63))
    np.testing.assert_array_equal(rans.scale_indices(np.nextafter(middles, 999)), np.arange(1, 64))
    assert rans.scale_indices([[0.0, -0.0, 1e-310, 1e300]]).tolist() == [[0, 0, 0, 63]]


def test_compressai_buffers_are_tables() -> None:
    # Rows of `_quantized_cdf` are padded with zeros behind `_cdf_length`.
    cdfs = np.array([[0, 30_000, 60_000, 65_536, 0], [0, 1, 2, 65_535, 65_536]], np.int32)
    tables = rans.Tables.from_cdfs(cdfs, np.array([4, 5]), np.array([-1, 7]))
    assert [tables.minimum(i) for i in range(2)] == [-1, 7]
    assert tables.frequencies(0).tolist() == [30_000, 30_000, 5_536]
    assert tables.frequencies(1).tolist() == [1, 1, 65_533, 1]
    same = rans.Tables.from_frequencies([[30_000, 30_000, 5_536], [1, 1, 65_533, 1]], [-1, 7])
    assert tables == same and hash(tables) == hash(same)
    assert tables != rans.gaussian_tables()
    assert rans.Tables.from_bytes(tables.to_bytes()) == tables


@pytest.mark.parametrize(
    ("cdfs", "lengths", "offsets"),
    [
        ([[0, 65_536]], [2], [0]),
        ([[0, 5, 3, 65_536]], [4], [0]),
        ([[0, 5, 5, 65_536]], [4], [0]),
        ([[1, 5, 65_536]], [3], [0]),
        ([[0, 5, 65_535]], [3], [0]),
        ([[0, 5, 65_537]], [3], [0]),
        ([[0, 5, 65_536]], [4], [0]),
        ([[0, 5, 65_536]], [0], [0]),
        ([[0, 5, 65_536]], [3, 3], [0]),
        ([[0, 5, 65_536]], [3], [0, 1]),
        ([[0, 5, 65_536]], [3], [2**31]),
        ([[0, 5, 65_536]], [3], [0.5]),
        ([[0, 5, 65_536]], [3], [2**31 - 1]),
        ([0, 5, 65_536], [3], [0]),
        ([[0.0, 5.0, 65_536.0]], [3], [0]),
    ],
)
def test_what_is_no_cdf_is_refused(cdfs: Any, lengths: Any, offsets: Any) -> None:
    if offsets == [2**31 - 1]:
        # The last value that there is; one more bin would go past it.
        rans.Tables.from_cdfs(cdfs, lengths, offsets)
        cdfs, lengths = [[0, 5, 6, 65_536]], [4]
    with pytest.raises(aivc.InvalidArgumentError):
        rans.Tables.from_cdfs(cdfs, lengths, offsets)


def test_indices_broadcast_to_the_values() -> None:
    tables = rans.Tables.from_weights([[1.0, 2.0], [5.0, 1.0, 1.0]], [0, -1])
    values = np.arange(24).reshape(2, 3, 4) % 3
    channels = np.array([1, 0]).reshape(2, 1, 1)
    stream = rans.encode(values, channels, tables)
    full = np.broadcast_to(channels, values.shape)
    assert stream == rans.encode(values, full, tables)
    np.testing.assert_array_equal(rans.decode(stream, full, tables), values)
    with pytest.raises(aivc.InvalidArgumentError, match="broadcast"):
        rans.encode(values, np.zeros((5, 1, 1), int), tables)


def test_many_calls_make_the_stream_of_one() -> None:
    rng = np.random.default_rng(5)
    tables = rans.gaussian_tables()
    values, indices = rng.integers(-9, 9, 1000), rng.integers(0, 64, 1000)
    encoder = rans.Encoder()
    for part in np.array_split(np.arange(1000), 7):
        encoder.encode(values[part], indices[part], tables)
    assert encoder.finish() == rans.encode(values, indices, tables)
    with pytest.raises(aivc.InvalidArgumentError, match="finished"):
        encoder.finish()


def test_later_tables_may_depend_on_earlier_values() -> None:
    y = np.array([[3, -40], [0, 7]])
    scales = np.array([[2.0, 30.0], [0.2, 4.0]])
    means = np.array([[2.4, -38.0], [0.0, 6.6]])
    index = rans.scale_indices(scales)
    encoder = rans.Encoder()
    encoder.encode_gaussian(index, scales=20.0)
    encoder.encode_bits(0xABC, 12)
    encoder.encode_gaussian(y, scales, means)

    decoder = rans.Decoder(encoder.finish())
    decoded = decoder.decode_gaussian(np.full((2, 2), 20.0))
    np.testing.assert_array_equal(decoded, index)
    assert decoder.decode_bits(12) == 0xABC
    np.testing.assert_array_equal(
        decoder.decode_gaussian(rans.scale_grid()[decoded], means), y
    )
    decoder.finish()


def test_damage_is_noticed() -> None:
    rng = np.random.default_rng(9)
    values, scales = rng.integers(-20, 20, 500), np.full(500, 9.0)
    stream = rans.encode_gaussian(values, scales)
    for broken in (b"", stream[:-1], stream + b"\0", b"\xff" + stream[1:]):
        with pytest.raises(aivc.StreamError):
            rans.decode_gaussian(broken, scales)
    with pytest.raises(aivc.StreamError):
        rans.decode_gaussian(stream, np.full(500, 8.0))
    with pytest.raises(aivc.StreamError):
        rans.decode_gaussian(stream, scales[:-1])
    with pytest.raises(aivc.StreamError):
        rans.Decoder(stream).finish()


@pytest.mark.parametrize(
    ("values", "scales", "means"),
    [
        ([2**31], [1.0], None),
        ([1.5], [1.0], None),
        (["a"], [1.0], None),
        ([True], [1.0], None),
        ([1], [-1.0], None),
        ([1], [float("nan")], None),
        ([1], [float("inf")], None),
        ([1], [1.0], [float("nan")]),
        ([1], [1.0], [float("inf")]),
        ([1], [1.0], [2.0**31]),
        ([2**31 - 1], [1.0], [-1.0]),
        ([1, 2], [1.0, 1.0, 1.0], None),
        ([1], [1j], None),
    ],
)
def test_what_cannot_be_coded_is_refused(values: Any, scales: Any, means: Any) -> None:
    with pytest.raises(aivc.InvalidArgumentError):
        rans.encode_gaussian(values, scales, means)


def test_an_index_without_a_table_is_refused() -> None:
    tables = rans.Tables.from_weights([[1.0]], [0])
    for call in (rans.encode, lambda *arguments: tables.cost_bits(*arguments[:2])):
        with pytest.raises(aivc.InvalidArgumentError, match="table 1"):
            call([0], [1], tables)
    with pytest.raises(aivc.InvalidArgumentError, match="table 1"):
        rans.decode(rans.encode([0], [0], tables), [1], tables)
    with pytest.raises(aivc.InvalidArgumentError):
        tables.frequencies(1)
    with pytest.raises(aivc.InvalidArgumentError, match="0 to 65535"):
        rans.encode([0], [-1], tables)


def test_nothing_is_a_stream_too() -> None:
    stream = rans.encode([], [], rans.gaussian_tables())
    assert rans.decode(stream, [], rans.gaussian_tables()).shape == (0,)
    assert len(rans.Tables.from_weights([], [])) == 0
