"""A file goes in, an upright photograph comes out, or one sentence that says what to do.

JPEG, which nearly every camera writes, is decoded by OpenCV, which can do so at a half, a quarter or an eighth of the
scale for a fraction of the time and memory. Everything else goes through Pillow, 16-bit colour excepted: Pillow keeps
only the upper byte of it. What a file is, its content says; its suffix does not matter. No decoder is started before
the picture's size in the header has been found bearable.
"""

from __future__ import annotations

import hashlib
import io
import math
import stat
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageFile

from vinspect.vision.evidence import Photo, frozen

MAX_BYTES = 400_000_000  # of a file
# Megapixels of a picture, so that all that its decoder holds stays under 1.4 GB. JPEG is decoded at a reduced scale;
# others of eight bits take up to 6 bytes a pixel, those of more 13, and some decoders hold the picture several times.
MAX_JPEG, MAX_PLAIN, MAX_DEEP = 300, 220, 100
MAX_OF = {"HEIF": 100, "AVIF": 100, "WEBP": 75, "JPEG2000": 65}
MAX_PIXELS_FULL = 50_000_000  # of what `grey` and `bgr` return: a larger photograph is reduced
SMALL_SIDE = 1024  # the longest side of `Photo.small`
LOCATING_SIDE = 480  # and the least that it is reduced to by 4 or 8
SHARP_SIDE = 1440  # the least that a JPEG is decoded at on the way there: most numbers can be read from that

_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "JPEG2000", "AVIF", "HEIF")  # EPS would run Ghostscript
_REDUCED_GREY = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
_REDUCED_COLOUR = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_TURNS = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}
_ORIENTATION = 0x0112  # the EXIF tag
_COEFFICIENT_BYTES = 1_000_000_000  # that a progressive JPEG may hold while it is decoded
_START_OF_SCAN, _END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"
_BAND_PIXELS = 4_000_000  # converted at a time
_one_at_a_time = threading.Lock()  # for pictures of which one fills half the memory

# Pillow has one switch for the whole process for each of these. Sizes are checked here, against memory; and a picture
# whose end is missing is read as far as it goes.
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = True


class PhotoError(ValueError):
    """A file that cannot be read as a photograph. Its text is one sentence, without the name, that says what to do."""


def open_photo(path: str | Path) -> Photo:
    """Read a photograph from a file. Raises PhotoError, and nothing else, where that cannot be done."""
    path = Path(path)
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            raise PhotoError("this is a folder: name the photographs in it, or give the folder to a command")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise PhotoError("there is no such file: check its name") from None
    except PermissionError:
        raise PhotoError("the file may not be read: ask its owner for permission") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PhotoError(f"the file cannot be read ({reason.lower()}): copy it again") from None
    return photo_of(str(path), data)


def photo_of(name: str, data: bytes) -> Photo:
    """Take the bytes of a file as a photograph; `name` is what the person calls it.

    Raises PhotoError, and nothing else, where the bytes are none, or one too large to be read in 1.5 GB of memory.
    """
    header = _header(data)
    width, height = header.size
    longest = max(width, height)
    whole = longest <= SMALL_SIDE
    least = 1 if whole else max(r for r in _REDUCED_GREY if r <= 2 or longest / r >= LOCATING_SIDE)
    reduction = max((r for r in _REDUCED_GREY if r > 1 and longest / r >= SHARP_SIDE), default=least)
    picture = _decoded(data, header, reduction, colour=False)
    if _unfinished(data, header.format):
        _refuse_a_stump(picture)
    small = frozen(_upright(picture, header.orientation))
    sharp: np.ndarray | None = None
    scale = max(float(least), longest / SMALL_SIDE)
    if scale > reduction:
        sharp = small
        further = scale / reduction
        rim = math.ceil(further)  # so that whole pixels of the copy hold the last rows and columns
        h, w = sharp.shape
        small = _resized(cv2.copyMakeBorder(sharp, 0, -h % rim, 0, -w % rim, cv2.BORDER_REPLICATE), further)
    size = (height, width) if header.orientation >= 5 else (width, height)
    digest = hashlib.sha256(data).hexdigest()
    return Photo(name, digest, data, size, frozen(small), scale, sharp)


def media_type(data: bytes) -> str | None:
    """What kind of picture these bytes are, by their content ("image/jpeg"); None where they are none."""
    try:
        with _opened(data) as image:
            kind = image.format or ""
    except Exception:  # Pillow raises whatever it meets in a header that somebody damaged
        return None
    return "image/jpeg" if kind == "MPO" else Image.MIME.get(kind)


def exif_folder(data: bytes, folder: int) -> dict[int, Any]:
    """The tags of a folder of EXIF (CIPA DC-008; 0x8769: of the exposure) in these bytes, which are not decoded.

    Raises whatever Pillow meets in EXIF that somebody damaged.
    """
    with _opened(data) as image:
        return _exif(image, data).get_ifd(folder)


def grey(photo: Photo, coarsest: float = 1.0) -> np.ndarray:
    """The photograph in grey: uint8 (H, W), upright, read-only.

    It is at full scale up to 50 megapixels. A larger one is reduced by 2, 4 or 8, and so is one of which a pixel may
    be `coarsest` full-scale pixels large: `scale_of` says by how much. What has been decoded is not decoded again.
    """
    if photo.reduction == 1.0:
        return photo.small
    if photo.sharp is not None and scale_of(photo, photo.sharp) <= coarsest:
        return photo.sharp
    header = _header(photo.data)
    longest, bearable = max(photo.size), header.bearable_reduction
    reduction = max(r for r in _REDUCED_GREY if r <= bearable or (r <= coarsest and longest / r >= SHARP_SIDE))
    picture = _decoded(photo.data, header, reduction, colour=False)
    return frozen(_upright(picture, header.orientation))


def bgr(photo: Photo, longest: int | None = None) -> np.ndarray:
    """The photograph in colour: uint8 (H, W, 3), blue, green, red, upright.

    It is at full scale up to 50 megapixels, or at most `longest` pixels along its longer side where that is given;
    `scale_of` says how many photograph pixels one of its pixels is.
    """
    header = _header(photo.data)
    reduction = header.bearable_reduction
    if longest is not None:
        reduction = max(r for r in _REDUCED_COLOUR if r <= reduction or max(header.size) / r >= longest)
    picture = _decoded(photo.data, header, reduction, colour=True)
    if longest is not None and max(picture.shape[:2]) > longest:
        picture = _resized(picture, max(picture.shape[:2]) / longest)
    return _upright(picture, header.orientation)


def scale_of(photo: Photo, picture: np.ndarray) -> float:
    """Photograph pixels per pixel of an upright picture of it, (H, W) or (H, W, 3); 1.0 at full scale.

    Pixel centres are at whole numbers, so x of the picture is (x + 0.5) * scale - 0.5 in the photograph.
    """
    width, height = photo.size
    return width / picture.shape[1] if width >= height else height / picture.shape[0]


class _Header:
    """What a file says of its picture before the picture is decoded."""

    def __init__(self, image: ImageFile.ImageFile, data: bytes) -> None:
        self.format: str = "JPEG" if image.format == "MPO" else str(image.format)
        self.mode: str = image.mode
        self.deep: bool = _deep(image, data)
        self.orientation: int = 1 if image.format == "TIFF" else _orientation(image, data)  # it is turned when decoded
        self.size: tuple[int, int] = image.size  # width, height as decoded
        self.progressive: bool = bool(image.info.get("progressive"))
        self.sampled: float = _samples_per_pixel(image)

    @property
    def bearable_reduction(self) -> int:
        """What the whole picture is reduced by to fit into memory: 1 up to 50 megapixels, else 2, 4 or 8."""
        pixels = self.size[0] * self.size[1]
        return next(r for r in _REDUCED_GREY if r == 8 or pixels / r**2 <= MAX_PIXELS_FULL)


def _header(data: bytes) -> _Header:
    """The header of a picture that can be read. Raises PhotoError on every other."""
    if not data:
        raise PhotoError("the file is empty: take the photograph again, or copy the file again")
    if len(data) > MAX_BYTES:
        raise PhotoError(f"the file is larger than {MAX_BYTES // 1_000_000} MB: save the photograph as JPEG")
    _refuse_what_is_no_photograph(data[:1024])
    try:
        with _opened(data) as image:
            _refuse_what_is_too_large(image, data)
            header = _Header(image, data)
    except PhotoError:
        raise
    except Exception:
        raise PhotoError(
            "this is no picture that can be read, or its beginning is damaged: save it as JPEG or PNG"
        ) from None
    pixels = header.size[0] * header.size[1]
    if header.progressive and pixels * header.sampled * 2 > _COEFFICIENT_BYTES:
        raise PhotoError(f"{pixels / 1e6:.0f} megapixels are too many for progressive JPEG: save it as baseline JPEG")
    return header


def _refuse_what_is_too_large(image: ImageFile.ImageFile, data: bytes) -> None:
    """Say so before Pillow is asked for anything that it might decode the picture for."""
    most, instead = MAX_PLAIN, "at half its size"
    if image.format in ("JPEG", "MPO") and image.mode != "CMYK":
        most = MAX_JPEG
    elif image.format in MAX_OF or _deep(image, data):
        most, instead = MAX_OF.get(str(image.format), MAX_DEEP), "as JPEG"
    megapixels = image.size[0] * image.size[1] / 1e6
    if megapixels > most:
        raise PhotoError(f"{megapixels:.0f} megapixels are too many: save the photograph {instead}")


def _refuse_what_is_no_photograph(start: bytes) -> None:
    """Say what to do with the kinds of file that people take for photographs."""
    text = start.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\0", b"").lower()
    if text.startswith(b"<svg") or (text.startswith((b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in text):
        raise PhotoError("this is an SVG drawing, not a photograph: give the photograph itself, as JPEG or PNG")
    if text.startswith(b"%pdf"):
        raise PhotoError("this is a PDF: save the page with the photograph as JPEG or PNG")
    if start[4:8] == b"ftyp" and start[8:12] in (b"isom", b"mp41", b"mp42", b"qt  ", b"avc1", b"iso2", b"M4V "):
        raise PhotoError("this is a video: save the frame that shows the number as JPEG or PNG")


def _opened(data: bytes) -> ImageFile.ImageFile:
    """What Pillow makes of the header; no other format than photographs have is tried. Raises whatever it meets."""
    if data[4:8] == b"ftyp":
        _learn_heif()
    return Image.open(io.BytesIO(data), formats=_FORMATS)


def _learn_heif() -> None:
    """Teach Pillow to read HEIC, which takes a moment and few photographs need."""
    try:
        import pi_heif
    except ImportError:
        raise PhotoError("HEIC cannot be read on this machine: save the photograph as JPEG") from None
    pi_heif.register_heif_opener(thumbnails=False)


def _orientation(image: Image.Image, data: bytes) -> int:
    """EXIF orientation, 1 to 8; 1 where there is none, or none that makes sense."""
    try:
        orientation = _exif(image, data).get(_ORIENTATION, 1)
    except Exception:  # EXIF is written by all sorts of programs, some of them wrong
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _exif(image: Image.Image, data: bytes) -> Image.Exif:
    """Its EXIF, wherever it stands; Pillow would decode a PNG to look for it behind the picture."""
    if image.format == "PNG" and "exif" not in image.info and (exif := _chunk(data, b"eXIf")):
        image.info["exif"] = b"Exif\0\0" + exif
    return Image.Image.getexif(image)


def _chunk(data: bytes, kind: bytes) -> bytes:
    """The first chunk of this kind in a PNG (ISO/IEC 15948, 5.3), wherever it stands; empty where there is none."""
    at = 8
    while at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4])
        if data[at + 4 : at + 8] == kind:
            return data[at + 8 : end]
        at = end + 4
    return b""


def _deep(image: Image.Image, data: bytes) -> bool:
    """Whether its samples have more than 8 bits."""
    return image.mode[0] in "IF" or _bits(image, data) > 8


def _bits(image: Image.Image, data: bytes) -> int:
    """Bits per sample where Pillow's mode does not tell."""
    if image.format == "PNG":
        return data[24]
    if image.format == "TIFF":
        depth = image.tag_v2.get(258, (8,))  # type: ignore[attr-defined]
        return int(max(depth))
    return 8


def _samples_per_pixel(image: Image.Image) -> float:
    """Samples that a JPEG stores for each pixel: 3 with full colour, 1.5 with colour at half scale; else 1."""
    layers = getattr(image, "layer", None)
    if not layers or image.format not in ("JPEG", "MPO"):
        return 1.0
    finest = max(h * v for _, h, v, *_ in layers)
    return float(sum(h * v / finest for _, h, v, *_ in layers))


def _decoded(data: bytes, header: _Header, reduction: int, *, colour: bool) -> np.ndarray:
    """uint8 (h, w), or (h, w, 3) in blue, green, red, as stored, reduced by 1, 2, 4 or 8. Raises PhotoError."""
    with _one_at_a_time if header.bearable_reduction > 1 else nullcontext():
        return _decoded_now(data, header, reduction, colour=colour)


def _decoded_now(data: bytes, header: _Header, reduction: int, *, colour: bool) -> np.ndarray:
    try:
        if header.format == "JPEG" and header.mode != "CMYK":
            picture = _decoded_jpeg(data, reduction, colour=colour)
            if picture is not None:
                return picture
        if header.deep:
            return _decoded_deep(data, reduction, colour=colour)
        with _opened(data) as image:
            image.load()
            if image.size != header.size:  # a damaged GIF may only tell so once its first frame is drawn
                raise ValueError("not of the size that it said")
            return _converted(image, reduction, colour=colour)
    except Exception:  # decoders raise what they like on a damaged file: SyntaxError, struct.error, ...
        raise PhotoError("the picture is damaged: send or copy the file again, or take the photograph again") from None


def _decoded_jpeg(data: bytes, reduction: int, *, colour: bool) -> np.ndarray | None:
    """A JPEG's pixels, or None where OpenCV cannot read it: it gives up where the end is missing."""
    flag = (_REDUCED_COLOUR if colour else _REDUCED_GREY)[reduction] | cv2.IMREAD_IGNORE_ORIENTATION
    return cv2.imdecode(np.frombuffer(data, np.uint8), flag)


def _converted(image: Image.Image, reduction: int, *, colour: bool) -> np.ndarray:
    """The pixels of a loaded image of at most 8 bits, a band at a time: the image itself may fill half the memory."""
    width, height = image.size
    rows = max(1, _BAND_PIXELS // width // reduction) * reduction
    bands = []
    ground: int | None = None
    for top in range(0, height, rows):
        band = image.crop((0, top, width, min(top + rows, height)))
        if band.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
            band = band.convert("RGBA")
            if ground is None:
                ground = _ground(image)
            band = Image.alpha_composite(Image.new("RGBA", band.size, (ground, ground, ground, 255)), band)
        elif band.mode == "LAB":
            band = band.getchannel("L")
        band = band.convert("RGB" if colour else "L")
        bands.append(np.asarray(band.reduce(reduction) if reduction > 1 else band))
    picture = np.concatenate(bands)
    return cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if colour else picture


def _ground(image: Image.Image) -> int:
    """What to lay under a transparent picture: white under a dark one, black under a bright one."""
    sample = np.asarray(image.resize((64, 64), Image.Resampling.NEAREST).convert("RGBA"), dtype=np.float64)
    opacity = sample[..., 3].sum()
    brightness = (sample[..., :3].mean(axis=-1) * sample[..., 3]).sum() / opacity if opacity else 0.0
    return 255 if brightness < 128 else 0


def _decoded_deep(data: bytes, reduction: int, *, colour: bool) -> np.ndarray:
    """A picture of 16 bits or of floating point, brought to 8: few of these cameras use the whole range."""
    flag = cv2.IMREAD_ANYDEPTH | (cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE) | cv2.IMREAD_IGNORE_ORIENTATION
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    if picture is None:
        raise ValueError("damaged")
    if picture.dtype == np.uint8:
        return _reduced(picture, reduction)
    step = max(1, math.isqrt(picture.shape[0] * picture.shape[1] // 1_000_000))
    sample = picture[::step, ::step]
    low, high = np.percentile(sample[np.isfinite(sample)], (0.1, 99.9))
    gain = 255.0 / max(float(high - low), 1e-9)
    picture = _reduced(picture, reduction)
    bands = np.array_split(picture, max(1, picture.size // _BAND_PIXELS))
    return np.concatenate([np.clip(np.nan_to_num((b - float(low)) * gain), 0, 255).astype(np.uint8) for b in bands])


def _reduced(picture: np.ndarray, reduction: int) -> np.ndarray:
    if reduction == 1:
        return picture
    size = (math.ceil(picture.shape[1] / reduction), math.ceil(picture.shape[0] / reduction))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _resized(picture: np.ndarray, factor: float) -> np.ndarray:
    """The picture made smaller by any factor."""
    size = (max(1, round(picture.shape[1] / factor)), max(1, round(picture.shape[0] / factor)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _upright(picture: np.ndarray, orientation: int) -> np.ndarray:
    """Turn a picture as stored the way EXIF says that it was meant."""
    if orientation in (2, 4):
        return cv2.flip(picture, 1 if orientation == 2 else 0)
    if orientation in (5, 7):
        turned = cv2.transpose(picture)
        return turned if orientation == 5 else cv2.flip(turned, -1)
    return cv2.rotate(picture, _TURNS[orientation]) if orientation in _TURNS else picture


def _unfinished(data: bytes, kind: str) -> bool:
    """Whether the end of the file is missing."""
    if kind == "JPEG":
        return data.find(_END_OF_IMAGE, data.rfind(_START_OF_SCAN)) < 0
    return kind == "PNG" and b"IEND" not in data[-64:]


def _refuse_a_stump(small: np.ndarray) -> None:
    """Raise PhotoError where the decoder filled more than half of an unfinished picture with one grey."""
    uniform = small.max(axis=1) - small.min(axis=1) <= 1
    missing = np.argmin(uniform[::-1]) if not uniform.all() else len(uniform)
    if missing > len(uniform) / 2:
        there = 100 * (1 - missing / len(uniform))
        raise PhotoError(f"only {there:.0f} % of this picture arrived: send or copy the file again")
