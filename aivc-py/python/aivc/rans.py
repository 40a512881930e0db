"""The entropy coder alone: arrays of integers to bytes and back, exactly.

Interleaved rANS with 16-bit probabilities, in which every symbol names its own table. Every 32-bit
integer has a code: what a table does not list goes through its escape. Coding releases the
interpreter's lock.

>>> import numpy as np
>>> from aivc import rans
>>> values = np.array([[0, -1], [3, 100_000]])
>>> scales = np.array([[0.3, 1.0], [4.0, 60.0]])
>>> data = rans.encode_gaussian(values, scales)
>>> rans.decode_gaussian(data, scales).tolist()
[[0, -1], [3, 100000]]

For a codec that was written with PyTorch and CompressAI, :meth:`Tables.from_cdfs` takes the buffers
``_quantized_cdf``, ``_cdf_length`` and ``_offset`` of an entropy model as they are.
"""

from __future__ import annotations

from typing import Any, Optional, Sequence, SupportsIndex, Union

import numpy as np
import numpy.typing as npt

from aivc import _native
from aivc._arguments import integer
from aivc._arrays import Array, ArrayLike, as_array, readable
from aivc._errors import InvalidArgumentError

__all__ = [
    "Decoder",
    "Encoder",
    "Tables",
    "decode",
    "decode_gaussian",
    "encode",
    "encode_gaussian",
    "gaussian_tables",
    "scale_grid",
    "scale_indices",
]

_INT32 = (-(2**31), 2**31 - 1)
Bytes = Union[bytes, bytearray]


class Tables:
    """Probability tables that symbols name by index; immutable.

    A table lists the values from its minimum on, and what all others together cost: its escape.
    """

    def __init__(self, native: _native.Tables) -> None:
        self._native = native

    @staticmethod
    def from_cdfs(cdfs: ArrayLike, lengths: ArrayLike, offsets: ArrayLike) -> Tables:
        """Tables of cumulative frequencies, as CompressAI keeps them.

        :param cdfs: ``(tables, longest)`` integers; row ``i`` rises from 0 to 65536 within its first
            ``lengths[i]`` entries, the last step being the escape's.
        :param lengths: ``(tables,)``: entries in use, one more than there are bins.
        :param offsets: ``(tables,)``: the value of the first bin.
        :raises InvalidArgumentError: A row is no such thing.
        """
        rows = _integers("cdfs", cdfs, (0, 65_536))
        counts = _integers("lengths", lengths, (0, 2**31 - 1))
        if rows.ndim != 2 or counts.shape != rows.shape[:1]:
            raise InvalidArgumentError(
                f"cdfs have the shape (tables, longest) and lengths (tables,), not {rows.shape} and "
                f"{counts.shape}"
            )
        if counts.size and (counts.min() < 1 or counts.max() > rows.shape[1]):
            raise InvalidArgumentError(f"lengths must be 1 to {rows.shape[1]}, the width of cdfs")
        if rows.size and rows[:, 0].any():
            raise InvalidArgumentError("every CDF starts with 0")
        bins = np.diff(rows.astype(np.int64), axis=1)
        used = np.arange(bins.shape[1]) < (counts - 1)[:, None]
        frequencies = bins[used]
        if frequencies.size and frequencies.min() < 0:
            raise InvalidArgumentError("a CDF must not fall")
        return Tables._of(frequencies, counts - 1, offsets)

    @staticmethod
    def from_frequencies(frequencies: Sequence[ArrayLike], minima: ArrayLike) -> Tables:
        """Tables of frequencies.

        :param frequencies: Of each table those of its values from the minimum on, and that of its
            escape last: at least 1 each, 65536 together.
        :param minima: ``(tables,)``: the value of the first frequency.
        :raises InvalidArgumentError: They are no such thing; a table has at most 32768 values.
        """
        parts = [_integers("frequencies", part, (0, 65_536)).ravel() for part in frequencies]
        return Tables._of(_joined(parts, np.int64), [part.size for part in parts], minima)

    @staticmethod
    def from_weights(
        weights: Sequence[ArrayLike], minima: ArrayLike, escape_weights: Optional[ArrayLike] = None
    ) -> Tables:
        """Tables whose frequencies are as near as can be to these weights; each is at least 1.

        The same on every machine, given the same weights.

        :param weights: Of each table those of its values from the minimum on, in any unit.
        :param minima: ``(tables,)``: the value of the first weight.
        :param escape_weights: ``(tables,)``: of all other values together; 0 if nothing is said.
        :raises InvalidArgumentError: A weight is negative or not finite, or all are 0.
        """
        parts = [_floats("weights", part).ravel() for part in weights]
        if escape_weights is None:
            escapes = np.zeros(len(parts))
        else:
            escapes = _floats("escape_weights", escape_weights).ravel()
        return Tables(
            _native.Tables.from_weights(
                _joined(parts, np.float64),
                np.array([part.size for part in parts], np.uint32),
                _int32("minima", minima).ravel(),
                escapes,
            )
        )

    @staticmethod
    def from_bytes(data: Bytes) -> Tables:
        """The tables that :meth:`to_bytes` wrote.

        :raises InvalidArgumentError: The bytes are something else.
        """
        return Tables(_native.Tables.from_bytes(bytes(data)))

    @staticmethod
    def _of(frequencies: Array, lengths: Any, minima: ArrayLike) -> Tables:
        return Tables(
            _native.Tables.from_frequencies(
                frequencies.astype(np.uint32),
                np.asarray(lengths, np.uint32).ravel(),
                _int32("minima", minima).ravel(),
            )
        )

    def to_bytes(self) -> bytes:
        """The tables as bytes; the format is in ``docs/format.md``."""
        return self._native.to_bytes()

    def __len__(self) -> int:
        return len(self._native)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tables) and self._native == other._native

    def __hash__(self) -> int:
        return hash(self._native)

    def minimum(self, index: SupportsIndex) -> int:
        """The first value of a table."""
        return self._table(index)[0]

    def frequencies(self, index: SupportsIndex) -> npt.NDArray[np.uint32]:
        """The frequencies of a table out of 65536, the escape's last."""
        return self._table(index)[1]

    def _table(self, index: SupportsIndex) -> tuple[int, npt.NDArray[np.uint32]]:
        return self._native.table(integer("index", index, 0, max(0, len(self) - 1)))

    def cost_bits(self, values: ArrayLike, indices: ArrayLike) -> float:
        """What coding the values would ideally cost, in bits; shapes as of :func:`encode`."""
        symbols, names = _symbols(values, indices)
        return self._native.cost_bits(symbols, names)

    def __repr__(self) -> str:
        return f"<aivc.rans.Tables of {len(self)}>"


def encode(values: ArrayLike, indices: ArrayLike, tables: Tables) -> bytes:
    """Codes integers, each with the table that the index at its position names.

    :param values: 32-bit integers of any shape and integer dtype.
    :param indices: Indices into ``tables``, of the same shape, or of one that broadcasts to it (one
        number for all, or one a channel as ``(channels, 1, 1)``).
    :raises InvalidArgumentError: An index names no table, or a value has more than 32 bits.
    """
    symbols, names = _symbols(values, indices)
    return _native.rans_encode(symbols, names, tables._native)


def decode(data: Bytes, indices: ArrayLike, tables: Tables) -> npt.NDArray[np.int32]:
    """Decodes what :func:`encode` made.

    :param indices: As when encoding, of the full shape; the result has that shape.
    :raises StreamError: The bytes are damaged, or were coded with other indices or tables.
    """
    names = _indices(indices)
    values = _native.rans_decode(bytes(data), readable(names).ravel(), tables._native)
    return values.reshape(names.shape)


class Encoder:
    """Codes one stream in several calls, each with its own tables.

    >>> encoder = rans.Encoder()                                    # doctest: +SKIP
    >>> encoder.encode(z, channels, factorized)
    >>> encoder.encode_gaussian(y, scales, means)
    >>> data = encoder.finish()
    """

    def __init__(self) -> None:
        self._native = _native.RansEncoder()

    def encode(self, values: ArrayLike, indices: ArrayLike, tables: Tables) -> None:
        """Appends integers; arguments as of :func:`encode`."""
        symbols, names = _symbols(values, indices)
        self._native.encode(symbols, names, tables._native)

    def encode_gaussian(
        self, values: ArrayLike, scales: ArrayLike, means: Optional[ArrayLike] = None
    ) -> None:
        """Appends integers; arguments as of :func:`encode_gaussian`."""
        residual, indices = _gaussian_symbols(values, scales, means)
        self._native.encode(residual, indices, gaussian_tables()._native)

    def encode_bits(self, value: SupportsIndex, bits: SupportsIndex) -> None:
        """Appends a number as so many (0 to 32) bits of its own."""
        self._native.encode_bits(
            integer("value", value, 0, 2**32 - 1), integer("bits", bits, 0, 32)
        )

    def finish(self) -> bytes:
        """The bytes of the stream; the coder takes no more then."""
        return self._native.finish()


class Decoder:
    """Decodes one stream in the calls that the caller likes; later tables may depend on earlier values.

    :raises StreamError: The bytes do not start as a stream does.
    """

    def __init__(self, data: Bytes) -> None:
        self._native = _native.RansDecoder(bytes(data))

    def decode(self, indices: ArrayLike, tables: Tables) -> npt.NDArray[np.int32]:
        """The next integers, as many as there are indices, in their shape.

        :raises StreamError: The bytes are damaged, or were coded with other indices or tables.
        """
        names = _indices(indices)
        values = self._native.decode(readable(names).ravel(), tables._native)
        return values.reshape(names.shape)

    def decode_gaussian(
        self, scales: ArrayLike, means: Optional[ArrayLike] = None
    ) -> npt.NDArray[np.int32]:
        """The next integers; arguments as of :func:`decode_gaussian`."""
        indices, offsets = _gaussian_indices(scales, means)
        residual = self._native.decode(readable(indices).ravel(), gaussian_tables()._native)
        return _moved(residual, offsets, indices.shape)

    def decode_bits(self, bits: SupportsIndex) -> int:
        """A number of so many (0 to 32) bits."""
        return self._native.decode_bits(integer("bits", bits, 0, 32))

    def finish(self) -> None:
        """Checks that the stream was decoded to its end.

        :raises StreamError: Bytes are left over or damaged.
        """
        self._native.finish()


def encode_gaussian(
    values: ArrayLike, scales: ArrayLike, means: Optional[ArrayLike] = None
) -> bytes:
    """Codes integers that are near to normally distributed, with the parameters of each.

    A value is coded as its distance from the nearest integer to its mean, with the one of 64 tables
    whose scale is nearest. Decoding takes the same parameters, to the bit; then the result is the same
    on every machine. A network's floats are not the same on every machine: quantize parameters that
    come from one before they come here.

    :param values: 32-bit integers of any shape and integer dtype.
    :param scales: Standard deviations, 0 or more; the tables reach from 0.11 to 256. Of the same
        shape, or of one that broadcasts to it.
    :param means: Means, likewise; 0 if nothing is said.
    :raises InvalidArgumentError: A parameter is not finite, or a distance has more than 32 bits.
    """
    residual, indices = _gaussian_symbols(values, scales, means)
    return _native.rans_encode(residual, indices, gaussian_tables()._native)


def decode_gaussian(
    data: Bytes, scales: ArrayLike, means: Optional[ArrayLike] = None
) -> npt.NDArray[np.int32]:
    """Decodes what :func:`encode_gaussian` made.

    :param scales: As when encoding, of the full shape; the result has that shape.
    :param means: As when encoding.
    :raises StreamError: The bytes are damaged, or were coded with other parameters.
    """
    indices, offsets = _gaussian_indices(scales, means)
    residual = _native.rans_decode(
        bytes(data), readable(indices).ravel(), gaussian_tables()._native
    )
    return _moved(residual, offsets, indices.shape)


_gaussian: Optional[Tables] = None


def gaussian_tables() -> Tables:
    """The 64 tables of Gaussians of mean 0 with the scales of :func:`scale_grid`."""
    global _gaussian
    if _gaussian is None:
        _gaussian = Tables(_native.Tables.gaussian())
    return _gaussian


def scale_grid() -> npt.NDArray[np.float64]:
    """The 64 scales (standard deviations) of :func:`gaussian_tables`, geometric from 0.11 to 256."""
    return _native.scale_grid()


def scale_indices(scales: ArrayLike) -> npt.NDArray[np.uint16]:
    """The index of the nearest scale, by ratio, of each; in the shape of ``scales``.

    :raises InvalidArgumentError: A scale is negative or not finite.
    """
    array = _floats("scales", scales)
    return _native.scale_indices(readable(array).ravel()).reshape(array.shape)


def _symbols(values: ArrayLike, indices: ArrayLike) -> tuple[Array, Array]:
    """Values and indices as the native module takes them, both flat."""
    symbols = _int32("values", values)
    names = _broadcast("indices", _indices(indices), symbols.shape)
    return readable(symbols).ravel(), readable(names).ravel()


def _gaussian_symbols(
    values: ArrayLike, scales: ArrayLike, means: Optional[ArrayLike]
) -> tuple[Array, Array]:
    symbols = _int32("values", values)
    indices = _broadcast("scales", scale_indices(scales), symbols.shape)
    if means is not None:
        offsets = _broadcast("means", _offsets(means), symbols.shape)
        symbols = _within_int32("the distance from the mean", symbols - offsets)
    return readable(symbols).ravel(), readable(indices).ravel()


def _gaussian_indices(
    scales: ArrayLike, means: Optional[ArrayLike]
) -> tuple[Array, Optional[Array]]:
    indices = scale_indices(scales)
    return indices, None if means is None else _broadcast("means", _offsets(means), indices.shape)


def _offsets(means: ArrayLike) -> Array:
    """The nearest integers to the means, 64 bits wide; halves go up."""
    array = _floats("means", means)
    # NaN fails the comparison too.
    if array.size and not np.all(np.abs(array) < 2**31):
        raise InvalidArgumentError("means must be finite and within 32 bits")
    return np.floor(array + 0.5).astype(np.int64)


def _moved(residual: Array, offsets: Optional[Array], shape: tuple[int, ...]) -> Array:
    residual = residual.reshape(shape)
    if offsets is None:
        return residual
    return _within_int32("a decoded value", residual + offsets)


def _broadcast(name: str, array: Array, shape: tuple[int, ...]) -> Array:
    if array.shape == shape:
        return array
    try:
        return np.broadcast_to(array, shape)
    except ValueError as error:
        raise InvalidArgumentError(
            f"{name} of the shape {array.shape} do not broadcast to that of the values, {shape}"
        ) from error


def _indices(indices: ArrayLike) -> Array:
    array = as_array(indices)
    if array.dtype == np.uint16:
        return array
    return _integers("indices", array, (0, 65_535)).astype(np.uint16)


def _int32(name: str, values: ArrayLike) -> Array:
    array = as_array(values)
    if array.dtype == np.int32:
        return array
    return _integers(name, array, _INT32).astype(np.int32)


def _within_int32(name: str, array: Array) -> Array:
    return _integers(name, array, _INT32).astype(np.int32)


def _integers(name: str, values: ArrayLike, limits: tuple[int, int]) -> Array:
    array = as_array(values)
    if array.dtype.kind not in "iu":
        if array.size == 0:
            # NumPy makes `[]` an array of floats.
            return np.zeros(array.shape, np.int64)
        raise InvalidArgumentError(f"{name} must be integers, not {array.dtype}")
    low, high = limits
    if array.size and not (low <= int(array.min()) and int(array.max()) <= high):
        raise InvalidArgumentError(
            f"{name} must be {low} to {high}; they are {array.min()} to {array.max()}"
        )
    return array


def _floats(name: str, values: ArrayLike) -> Array:
    array = as_array(values)
    if array.dtype.kind not in "iuf":
        raise InvalidArgumentError(f"{name} must be numbers, not {array.dtype}")
    return array.astype(np.float64)


def _joined(parts: list[Array], dtype: npt.DTypeLike) -> Array:
    return np.concatenate(parts).astype(dtype) if parts else np.zeros(0, dtype)
