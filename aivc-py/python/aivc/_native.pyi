"""The native module, private to the package. All arguments are positional but for `Model`'s."""

from os import PathLike
from typing import Any, Callable, final

import numpy as np
import numpy.typing as npt

_Path = str | PathLike[str]
_Array = npt.NDArray[Any]
_Frame = _Array | tuple[_Array, ...]
_InputDescription = tuple[tuple[int, int] | None, int, tuple[int, int] | None]
_Refinement = tuple[int, _Path | None]

__all__ = [
    "run_command_line",
    "Decoder",
    "Encoder",
    "evaluate",
    "decode",
    "encode",
    "bd_psnr",
    "bd_rate",
    "ms_ssim",
    "psnr",
    "ssim",
    "ssimulacra2",
    "Model",
    "builtin_models",
    "describe_model",
    "RansDecoder",
    "RansEncoder",
    "Tables",
    "rans_decode",
    "rans_encode",
    "scale_grid",
    "scale_indices",
    "train",
    "__version__",
    "MAX_SIDE",
]
__version__: str
MAX_SIDE: int

@final
class Model:
    """Weights on a backend, ready to code. Sessions that share one share its memory.

    :param name: The name of a model that is built in, or a weights file; the default model if nothing
        is said.
    :param backend: What computes, by the name of a cargo feature: ``"flex"`` (the CPU) in the usual
        build. Streams can be decoded on any of them.
    :raises AivcError: :class:`ModelError`, :class:`InvalidArgumentError`, :class:`InputOutputError`.
    """

    def __new__(cls, name: _Path | None = None, *, backend: str | None = None) -> Model: ...
    @staticmethod
    def from_bytes(data: bytes, *, backend: str | None = None) -> Model:
        """A model from a weights file that is in memory."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def family(self) -> str:
        """The codec family."""

    @property
    def hash(self) -> str:
        """Content hash of the weights, which streams name, in hexadecimal digits."""

    @property
    def backend(self) -> str:
        """What computes."""

@final
class Encoder:
    def __new__(
        cls,
        size: tuple[int, int],
        frame_rate: tuple[int, int],
        output: _Path | None,
        quality: int,
        effort: int,
        model: Model | _Path | None,
        pixel_format_name: str,
        bit_depth: int,
        color: tuple[str | None, str],
        keyframes: tuple[int, bool, int],
        target: tuple[float | None, float | None],
        threads: int | None,
    ) -> Encoder: ...
    def send(self, frame: _Frame) -> None: ...
    def set_quality(self, quality: int) -> None: ...
    def take(self) -> bytes: ...
    def finish(self) -> None: ...
    def discard(self) -> None: ...
    def state(self) -> tuple[int, int, bool]: ...

@final
class Decoder:
    def __new__(
        cls,
        source: object,
        model: Model | _Path | None,
        output_format: str,
        refinement: _Refinement | None,
        threads: int | None,
    ) -> Decoder: ...
    def next_frame(self) -> tuple[_Frame, int] | None: ...
    def close(self) -> None: ...
    def index_status(self) -> str | None: ...
    @property
    def size(self) -> tuple[int, int]: ...
    @property
    def frame_rate(self) -> tuple[int, int]: ...
    @property
    def pixel_format(self) -> str: ...
    @property
    def bit_depth(self) -> int: ...
    @property
    def frame_count(self) -> int | None: ...
    @property
    def model_name(self) -> str: ...
    @property
    def weights_hash(self) -> str: ...

@final
class Tables:
    @staticmethod
    def from_frequencies(frequencies: _Array, lengths: _Array, minima: _Array) -> Tables: ...
    @staticmethod
    def from_weights(
        weights: _Array, lengths: _Array, minima: _Array, escape_weights: _Array
    ) -> Tables: ...
    @staticmethod
    def gaussian() -> Tables: ...
    @staticmethod
    def from_bytes(data: bytes) -> Tables: ...
    def to_bytes(self) -> bytes: ...
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def table(self, index: int) -> tuple[int, npt.NDArray[np.uint32]]: ...
    def cost_bits(self, values: _Array, indices: _Array) -> float: ...

@final
class RansEncoder:
    def __new__(cls) -> RansEncoder: ...
    def encode(self, values: _Array, indices: _Array, tables: Tables) -> None: ...
    def encode_bits(self, value: int, bits: int) -> None: ...
    def finish(self) -> bytes: ...

@final
class RansDecoder:
    def __new__(cls, data: bytes) -> RansDecoder: ...
    def decode(self, indices: _Array, tables: Tables) -> npt.NDArray[np.int32]: ...
    def decode_bits(self, bits: int) -> int: ...
    def finish(self) -> None: ...

def encode(
    input: _Path,
    output: _Path,
    quality: int,
    effort: int,
    model: Model | _Path | None,
    frames: int | None,
    keyframes: tuple[int, bool, int],
    target: tuple[float | None, float | None],
    description: _InputDescription,
    threads: int | None,
    progress: Callable[[int, int | None, int, float], object] | None,
) -> str: ...
def decode(
    input: _Path,
    output: _Path,
    model: Model | _Path | None,
    refinement: _Refinement | None,
    strict: bool,
    threads: int | None,
    progress: Callable[[int, int | None, int, float], object] | None,
) -> str: ...
def evaluate(
    reference: _Path,
    distorted: _Path,
    model: Model | _Path | None,
    refinement: _Refinement | None,
    frames: int | None,
    per_frame: bool,
    timed_encodings: int,
    perceptual_every: int,
    lpips: _Path | None,
    description: _InputDescription,
    threads: int | None,
    progress: Callable[[int], object] | None,
) -> str: ...
def train(
    path: _Path | None,
    json: str | None,
    resume: bool,
    backend: str | None,
    threads: int | None,
    progress: Callable[[int, int, str | None], object] | None,
) -> str: ...
def builtin_models() -> str: ...
def describe_model(path: _Path) -> str: ...
def psnr(reference: _Frame, distorted: _Frame) -> tuple[list[float], float, float]: ...
def ssim(reference: _Frame, distorted: _Frame) -> float | None: ...
def ms_ssim(reference: _Frame, distorted: _Frame) -> float | None: ...
def ssimulacra2(reference: _Frame, distorted: _Frame) -> float | None: ...
def bd_rate(anchor: list[tuple[float, float]], test: list[tuple[float, float]]) -> float: ...
def bd_psnr(anchor: list[tuple[float, float]], test: list[tuple[float, float]]) -> float: ...
def rans_encode(values: _Array, indices: _Array, tables: Tables) -> bytes: ...
def rans_decode(
    data: bytes, indices: _Array, tables: Tables
) -> npt.NDArray[np.int32]: ...
def scale_grid() -> npt.NDArray[np.float64]: ...
def scale_indices(scales: _Array) -> npt.NDArray[np.uint16]: ...
def run_command_line(arguments: list[str]) -> int: ...
