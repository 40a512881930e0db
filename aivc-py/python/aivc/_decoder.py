"""A stream to frames, one by one."""

from __future__ import annotations

from fractions import Fraction
from types import TracebackType
from typing import (
    Generic,
    Literal,
    Optional,
    SupportsIndex,
    TypeVar,
    Union,
    cast,
    overload,
)

from aivc import _arguments, _native
from aivc._arguments import PathLike, SupportsRead
from aivc._arrays import FrameArray, YuvPlanes
from aivc._errors import InvalidArgumentError, StreamError
from aivc._native import Model

_FrameT = TypeVar("_FrameT", FrameArray, YuvPlanes)
_Source = Union[PathLike, bytes, bytearray, SupportsRead]


class Decoder(Generic[_FrameT]):
    """Decodes an ``.aivc`` stream; an iterator over its frames.

    >>> with aivc.Decoder("out.aivc") as decoder:       # doctest: +SKIP
    ...     for frame in decoder:
    ...         print(decoder.frame_number, frame.shape)

    A frame is an array ``(height, width, 3)`` of red, green and blue, or :class:`YuvPlanes`: ``uint8``
    for streams of 8 bits, ``uint16`` with values up to 1023 for streams of 10. Memory does not grow
    with the length of the stream. A session serves one thread at a time and refuses another one.

    :param source: A path, the bytes of a stream, or a binary file that is open for reading, which
        stays open.
    :param output: ``"rgb"`` or ``"yuv420"``. Frames that the stream holds otherwise are converted.
    :param model: The weights that the stream was coded with, if they are not built in: a
        :class:`Model`, a name, or a weights file.
    :param refine: Improve the frames by a network: True for the one that is built in, the name of another,
        or a weights file. They look better, and are further from what was coded; they may differ in their
        last bits between devices.
    :param upscale: 2 shows the frames at twice their size, by a network: the one that is built in, that of
        ``refine``, or ``"plain"`` there for bicubic interpolation. A stream of ``aivc encode --scale 1/2``
        gets its full size back.
    :param damage: What a damaged packet does. ``"raise"``: iterating raises :class:`StreamError`, and
        goes on after the damage if it is continued. ``"skip"``: its frame is left out;
        :attr:`frame_number` tells which ones are there, and :attr:`damaged` how often that happened.
    :param threads: CPU threads; one a core if nothing is said. Frames do not depend on it.
    :raises AivcError: :class:`StreamError`, :class:`MissingFileError`, :class:`ModelError`,
        :class:`InvalidArgumentError`, :class:`InputOutputError`.
    """

    @overload
    def __init__(
        self: Decoder[FrameArray],
        source: _Source,
        *,
        output: Literal["rgb"] = "rgb",
        model: Union[Model, PathLike, None] = None,
        refine: Union[bool, PathLike] = False,
        upscale: SupportsIndex = 1,
        damage: Literal["raise", "skip"] = "raise",
        threads: Optional[SupportsIndex] = None,
    ) -> None: ...

    @overload
    def __init__(
        self: Decoder[YuvPlanes],
        source: _Source,
        *,
        output: Literal["yuv420"],
        model: Union[Model, PathLike, None] = None,
        refine: Union[bool, PathLike] = False,
        upscale: SupportsIndex = 1,
        damage: Literal["raise", "skip"] = "raise",
        threads: Optional[SupportsIndex] = None,
    ) -> None: ...

    def __init__(
        self,
        source: _Source,
        *,
        output: Literal["rgb", "yuv420"] = "rgb",
        model: Union[Model, PathLike, None] = None,
        refine: Union[bool, PathLike] = False,
        upscale: SupportsIndex = 1,
        damage: Literal["raise", "skip"] = "raise",
        threads: Optional[SupportsIndex] = None,
    ) -> None:
        if damage not in ("raise", "skip"):
            raise InvalidArgumentError(f"damage is {damage!r}; it must be 'raise' or 'skip'")
        self._skip = damage == "skip"
        self._damaged = 0
        self._frame_number: Optional[int] = None
        self._native = _native.Decoder(
            source,
            model,
            output,
            _arguments.refinement(refine, upscale),
            _arguments.threads(threads),
        )

    def __iter__(self) -> Decoder[_FrameT]:
        return self

    def __next__(self) -> _FrameT:
        """The next frame.

        :raises StreamError: The stream is damaged here; the next call goes on after it.
        """
        while True:
            try:
                found = self._native.next_frame()
            except StreamError:
                self._damaged += 1
                if self._skip:
                    continue
                raise
            if found is None:
                raise StopIteration
            frame, self._frame_number = found
            return cast(_FrameT, YuvPlanes(*frame) if isinstance(frame, tuple) else frame)

    def close(self) -> None:
        """Lets go of the source. Iterating raises :class:`InvalidArgumentError` from then on."""
        self._native.close()

    def __enter__(self) -> Decoder[_FrameT]:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    @property
    def width(self) -> int:
        """Width in pixels of the frames given out."""
        return self._native.size[0]

    @property
    def height(self) -> int:
        """Height in pixels of the frames given out."""
        return self._native.size[1]

    @property
    def fps(self) -> Fraction:
        """Frames a second."""
        return Fraction(*self._native.frame_rate)

    @property
    def pixel_format(self) -> str:
        """What the stream holds: ``"rgb"`` or ``"yuv420"``."""
        return self._native.pixel_format

    @property
    def bit_depth(self) -> int:
        """Bits a sample: 8 or 10."""
        return self._native.bit_depth

    @property
    def frame_count(self) -> Optional[int]:
        """Frames that the index lists; None if the source is no file with a sound index."""
        return self._native.frame_count

    @property
    def frame_number(self) -> Optional[int]:
        """Number of the last frame given out, from 0."""
        return self._frame_number

    @property
    def damaged(self) -> int:
        """Damaged stretches met so far."""
        return self._damaged

    @property
    def index(self) -> Optional[str]:
        """What is known of the index at the stream's end.

        ``"not-reached"``, ``"complete"``, ``"damaged"``, or ``"missing"`` for a stream that was cut
        off; None once it is closed.
        """
        return self._native.index_status()

    @property
    def model_name(self) -> str:
        """Name of the model that the stream was coded with."""
        return self._native.model_name

    @property
    def weights_hash(self) -> str:
        """Hash of its weights, in hexadecimal digits."""
        return self._native.weights_hash

    def __repr__(self) -> str:
        return f"<aivc.Decoder {self.width}x{self.height} {self.pixel_format} at {self.fps} frames/s>"
