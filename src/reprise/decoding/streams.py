"""Videos in containers: MP4, MOV, MKV, WEBM, AVI."""

import struct
from collections.abc import Iterator
from io import BytesIO
from itertools import groupby
from typing import Self

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream
from PIL import Image

from reprise.decoding.errors import DecodeError, TooLargeError
from reprise.decoding.frames import Timeline
from reprise.decoding.truncation import BOXES

EXPECTED = "a whole MP4, MOV, MKV, WEBM or AVI video, or a .npz of frames"
