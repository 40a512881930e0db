"""Frames to a stream, one by one."""

from __future__ import annotations

import os
from fractions import Fraction
from types import TracebackType
from typing import Iterator, Literal, Optional, SupportsIndex, Union

from aivc import _arguments, _native
from aivc._arguments import PathLike, Rate, SupportsWrite
from aivc._arrays import FrameLike, as_frame
from aivc._native import Model


class Encoder:
    """Codes frames into an ``.aivc`` stream.

    Into a file, which appears when the ``with`` block is left without an exception:

    >>> with aivc.Encoder(1280, 720, fps=30, output="out.aivc") as encoder:    # doctest: +SKIP
    ...     for frame in frames:
    ...         encoder.send(frame)

    Or in memory, piece by piece, for a socket or a pipe; iterating hands out the bytes that are ready:

    >>> encoder = aivc.Encoder(1280, 720, fps=30)                              # doctest: +SKIP
    >>> for frame in frames:
    ...     encoder.send(frame)
    ...     for piece in encoder:
    ...         socket.sendall(piece)
    >>> encoder.finish()
    >>> socket.sendall(b"".join(encoder))

    A session serves one thread at a time and refuses another one.

    :param width: Width in pixels.
    :param height: Height in pixels.
    :param fps: Frames a second: a number, ``Fraction``, or text such as ``"30000/1001"``.
    :param output: A path, or a binary file that is open for writing, which stays open. Without it the
        stream is handed out by iterating.
    :param quality: 0 is smallest, 63 best; keyframes that others are predicted from are up to 16 levels
        better.
    :param effort: From 0 (fastest) to 9: how long to search for latents that take fewer bits. Models of the
        family hyperprior search; others code as with 0.
    :param model: A :class:`Model`, the name of one that is built in, or a weights file.
    :param pixel_format: What the stream holds: ``"rgb"``, or ``"yuv420"`` as other video has it, which
        is what models of the hybrid family always make of it. Frames of either kind are taken, and
        converted where they are of the other.
    :param bit_depth: 8 for frames of ``uint8``, 10 for ``uint16`` with values up to 1023.
    :param color: Of ``"yuv420"``: ``"bt601"``, ``"bt709"`` or ``"bt2020"``. As players assume if
        nothing is said: BT.601 below 720 lines, else BT.709.
    :param color_range: Of ``"yuv420"``: ``"limited"`` (luma 16 to 235) or ``"full"``.
    :param keyframe_interval: Most frames from one keyframe to the next, for models that predict.
    :param scene_cuts: Whether a change of scene makes a keyframe before that.
    :param lookahead: Frames that are known beyond the one that is coded: models that predict spend bits
        where these profit. Packets come that much later; 0 gives one at once.
    :param bitrate: Bits a second that the stream is to reach, in place of a constant quality.
    :param psnr: Mean PSNR in dB, planes weighted 6:1:1, that it is to reach instead.
    :param threads: CPU threads; one a core if nothing is said. The stream does not depend on it.
    :raises AivcError: :class:`InvalidArgumentError`, :class:`ModelError`, :class:`InputOutputError`.
    """

    def __init__(
        self,
        width: SupportsIndex,
        height: SupportsIndex,
        fps: Rate,
        *,
        output: Union[PathLike, SupportsWrite, None] = None,
        quality: SupportsIndex = 32,
        effort: SupportsIndex = 0,
        model: Union[Model, PathLike, None] = None,
        pixel_format: Literal["rgb", "yuv420"] = "rgb",
        bit_depth: SupportsIndex = 8,
        color: Optional[Literal["bt601", "bt709", "bt2020"]] = None,
        color_range: Literal["limited", "full"] = "limited",
        keyframe_interval: SupportsIndex = 64,
        scene_cuts: bool = True,
        lookahead: SupportsIndex = 0,
        bitrate: Optional[float] = None,
        psnr: Optional[float] = None,
        threads: Optional[SupportsIndex] = None,
    ) -> None:
        self._file: Optional[SupportsWrite] = None
        path: Optional[PathLike] = None
        if output is None or isinstance(output, (str, os.PathLike)):
            path = output
        elif hasattr(output, "write"):
            self._file = output
        else:
            raise TypeError(f"output is a path or a binary file, not {type(output).__name__}")
        rate = _arguments.frame_rate(fps)
        self._width = _arguments.side("width", width)
        self._height = _arguments.side("height", height)
        self._fps = Fraction(*rate)
        self._native = _native.Encoder(
            (self._width, self._height),
            rate,
            path,
            _arguments.quality(quality),
            _arguments.effort(effort),
            model,
            pixel_format,
            _arguments.bit_depth(bit_depth),
            (color, color_range),
            _arguments.keyframes(keyframe_interval, scene_cuts, lookahead),
            _arguments.target(bitrate, psnr),
            _arguments.threads(threads),
        )

    def send(self, frame: FrameLike) -> None:
        """Codes the next frame.

        :param frame: ``(height, width, 3)``, or a tuple of the planes Y ``(height, width)``, Cb and
            Cr ``((height + 1) // 2, (width + 1) // 2)``; ``uint8``, or ``uint16`` for 10 bits. Any
            strides, and anything with ``__dlpack__`` or that NumPy makes an array of.
        :raises InvalidArgumentError: It is not like the stream, or the stream has ended.
        """
        self._native.send(as_frame(frame))
        self._write_out()

    def set_quality(self, quality: SupportsIndex) -> None:
        """Changes the quality, 0 to 63, from the next frame on."""
        self._native.set_quality(_arguments.quality(quality))

    def finish(self) -> None:
        """Ends the stream, and gives a file its name. Once more does nothing."""
        self._native.finish()
        self._write_out()

    def discard(self) -> None:
        """Gives the stream up; a file does not appear."""
        self._native.discard()

    def __iter__(self) -> Iterator[bytes]:
        """Hands out the bytes of the stream that are ready and were not handed out before.

        They are the stream's header, packets and, after :meth:`finish`, its index. With an ``output``
        there are none.
        """
        while piece := self._native.take():
            yield piece

    def __enter__(self) -> Encoder:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.discard()

    def _write_out(self) -> None:
        if self._file is not None:
            for piece in self:
                self._file.write(piece)

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self._width

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self._height

    @property
    def fps(self) -> Fraction:
        """Frames a second."""
        return self._fps

    @property
    def frames(self) -> int:
        """Frames coded so far."""
        return self._native.state()[0]

    @property
    def bytes_written(self) -> int:
        """Bytes of the stream's header and packets so far; the index is not counted."""
        return self._native.state()[1]

    @property
    def finished(self) -> bool:
        """Whether the stream has ended or was given up."""
        return self._native.state()[2]

    def __repr__(self) -> str:
        return f"<aivc.Encoder {self._width}x{self._height} at {self._fps} frames/s>"
