"""Codes the way `overhead.py` asks for: TASK CLIP.y4m STREAM.aivc DECODED, on one thread."""

import sys

import numpy as np

import aivc


def frames_of(path, width, height):
    sizes = [(height, width), ((height + 1) // 2, (width + 1) // 2)]
    with open(path, "rb") as file:
        file.readline()
        while file.readline():
            planes = [
                np.fromfile(file, np.uint8, rows * columns).reshape(rows, columns)
                for rows, columns in [sizes[0], sizes[1], sizes[1]]
            ]
            yield aivc.YuvPlanes(*planes)


def encode_frames(clip, stream):
    with open(clip, "rb") as file:
        fields = {field[:1]: field[1:] for field in file.readline().decode().split()[1:]}
    width, height, fps = int(fields["W"]), int(fields["H"]), fields["F"].replace(":", "/")
    with aivc.Encoder(
        width, height, fps, quality=32, pixel_format="yuv420", output=stream, threads=1
    ) as encoder:
        for frame in frames_of(clip, width, height):
            encoder.send(frame)


def decode_frames(stream, decoded):
    with open(decoded, "wb") as file:
        for frame in aivc.Decoder(stream, output="yuv420", threads=1):
            for plane in frame:
                file.write(plane)


task, clip, stream, decoded = sys.argv[1:]
if task == "start":
    pass
elif task == "encode-file":
    aivc.encode(clip, stream, quality=32, threads=1)
elif task == "decode-file":
    aivc.decode(stream, decoded + ".y4m", threads=1)
elif task == "encode-frames":
    encode_frames(clip, stream)
elif task == "decode-frames":
    decode_frames(stream, decoded)
