"""Files of every kind that people send: what can be read is read upright, what cannot says what to do."""

from __future__ import annotations

import base64
import io
import os
import struct
import subprocess
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from vinspect.vision import photo as door
from vinspect.vision.photo import PhotoError, bgr, grey, media_type, open_photo, photo_of, scale_of

WIDTH, HEIGHT = 400, 300

# 48 by 64 pixels, bright at the bottom left. Its EXIF says that it lies on its side, but in HEIF that is history: the
# picture is turned by its own boxes, and it has none.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAAAA"
    "AERAAAIAAQAAAAAB4gABAAAAAAAAADEAAgAAAAACEwABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZl"
    "AgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH/"
    "/wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29s"
    "cm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAADAAAAABAAAAQAAAAAH////wAAAAAgAAAAAAAAACAAAAEHBpeGkAAAAA"
    "AwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAAXW1kYXQAAAAtKAGvGYDuJEpf/9XDuZTVJmJn"
    "meaz2oOYK9zpaG3O/gWKG4mGitFIdhJALkvgAAAABkV4aWYAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA"
)


def scene(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """uint8 (height, width, 3): grey slopes, with a bright block in the top left corner."""
    x, y = np.meshgrid(np.linspace(20, 120, width), np.linspace(0, 60, height))
    picture = np.repeat((x + y).astype(np.uint8)[..., None], 3, axis=2)
    picture[: height // 5, : width // 5] = (240, 230, 250)
    return picture


def encoded(
    kind: str, picture: np.ndarray | Image.Image | None = None, orientation: int = 1, **options: object
) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(scene() if picture is None else picture)
    if orientation != 1:
        exif = Image.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def bright_corner(picture: np.ndarray) -> str:
    """Which corner is the brightest: "top left", ..."""
    corners = {
        "top left": picture[5, 5], "top right": picture[5, -6],
        "bottom left": picture[-6, 5], "bottom right": picture[-6, -6],
    }  # fmt: skip
    return max(corners, key=lambda corner: float(np.mean(corners[corner])))


UPRIGHT = {1: "top left", 2: "top right", 3: "bottom right", 4: "bottom left",
           5: "top left", 6: "top right", 7: "bottom right", 8: "bottom left"}  # fmt: skip


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_obeyed_in_every_format(kind: str, orientation: int) -> None:
    photo = photo_of("p", encoded(kind, orientation=orientation))
    assert photo.size == ((HEIGHT, WIDTH) if orientation >= 5 else (WIDTH, HEIGHT))
    for picture in (photo.small, grey(photo), bgr(photo)):
        assert picture.shape[:2] == photo.size[::-1]
        assert bright_corner(picture) == UPRIGHT[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_reduced_decoding_obeys_it_too_and_agrees_with_full_scale(orientation: int) -> None:
    photo = photo_of("p", encoded("JPEG", scene(2000, 1500), orientation))
    assert photo.reduction == 4.0
    assert max(photo.small.shape) == 500
    assert bright_corner(photo.small) == bright_corner(grey(photo)) == UPRIGHT[orientation]
    full = cv2.resize(grey(photo), photo.small.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(full.astype(int) - photo.small).mean() < 2


def test_small_photograph_is_decoded_once_and_shared() -> None:
    photo = photo_of("p", encoded("JPEG"))
    assert photo.reduction == 1.0
    assert grey(photo) is photo.small
    assert not photo.small.flags.writeable


def test_what_is_fine_enough_is_not_decoded_again() -> None:
    photo = photo_of("p", encoded("JPEG", scene(4000, 3000)))
    assert grey(photo).shape == (3000, 4000)
    assert grey(photo, 1.9).shape == (3000, 4000)
    assert grey(photo, 2.1).shape == (1500, 2000)
    assert grey(photo, 2.1) is grey(photo, 50)
    assert not grey(photo, 2.1).flags.writeable
    other = photo_of("p", encoded("JPEG", scene(2000, 1500)))
    assert grey(other, 4).shape == (1500, 2000)


@pytest.mark.parametrize("side", [1025, 1919, 1920, 3839, 3840, 5000])
@pytest.mark.parametrize("kind", ["JPEG", "BMP"])
def test_small_copy_is_480_to_1024_pixels_long(side: int, kind: str) -> None:
    photo = photo_of("p", encoded(kind, scene(40, side)))
    assert 480 <= max(photo.small.shape) <= 1024
    assert photo.reduction == pytest.approx(side / photo.small.shape[0], rel=0.02)
    assert grey(photo).shape == (side, 40)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "JPEG2000", "AVIF"])
def test_content_decides_and_not_the_suffix(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "photograph.txt"
    path.write_bytes(encoded(kind))
    photo = open_photo(path)
    assert photo.size == (WIDTH, HEIGHT)
    assert photo.name == str(path)
    expected = cv2.cvtColor(scene(), cv2.COLOR_RGB2GRAY).astype(int)
    assert np.abs(grey(photo) - expected).mean() < 4
    assert np.abs(bgr(photo).astype(int) - scene()[..., ::-1]).mean() < 5


def test_heic_is_read_upright() -> None:
    photo = photo_of("p", HEIC)
    assert photo.size == (48, 64)
    assert bright_corner(photo.small) == bright_corner(bgr(photo)) == "bottom left"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (HEIC, "image/heif"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", None),  # which no photograph is
        (b"P5\n1 99999999999999999999 255\n", None),
    ],
)
def test_a_picture_is_called_what_it_is(data: bytes, kind: str | None) -> None:
    assert media_type(data) == kind


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "CMYK"), ("TIFF", "CMYK"), ("PNG", "P"), ("PNG", "1"), ("GIF", "P"), ("PNG", "L"), ("JPEG", "L"),
     ("PNG", "LA"), ("PNG", "RGBA"), ("WEBP", "RGBA"), ("TIFF", "LAB")],
)  # fmt: skip
def test_other_colour_models_come_out_alike(kind: str, mode: str) -> None:
    image = Image.fromarray(scene())
    if mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        converted = ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), lab, outputMode="LAB")
        assert converted is not None
        image = converted
    else:
        image = image.convert(mode, palette=Image.Palette.ADAPTIVE)
    photo = photo_of("p", encoded(kind, image))
    assert bright_corner(grey(photo)) == bright_corner(bgr(photo)) == "top left"
    if mode != "1":
        assert np.abs(grey(photo) - cv2.cvtColor(scene(), cv2.COLOR_RGB2GRAY).astype(int)).mean() < 9


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0)])
def test_transparent_label_keeps_its_ink_readable(ink: int, ground: int) -> None:
    picture = np.full((40, 60, 4), ink, np.uint8)
    picture[..., 3] = 0
    picture[10:30, 10:50, 3] = 255
    photo = photo_of("p", encoded("PNG", picture))
    assert photo.small[20, 30] == ink
    assert photo.small[2, 2] == ground


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("colour", [False, True])
def test_16_bit_picture_that_uses_a_sixteenth_of_its_range_is_stretched(suffix: str, colour: bool) -> None:
    deep = scene().astype(np.uint16) * 16
    _, data = cv2.imencode(suffix, deep if colour else deep[..., 0])
    photo = photo_of("p", data.tobytes())
    assert photo.small.dtype == np.uint8
    assert photo.small.min() < 10
    assert photo.small.max() > 245
    assert len(np.unique(photo.small)) > 100
    assert bgr(photo).shape == (HEIGHT, WIDTH, 3)


def test_first_frame_of_an_animation_is_taken() -> None:
    frames = [Image.fromarray(scene()), Image.fromarray(scene()[::-1, ::-1].copy())]
    for kind in ("GIF", "WEBP", "PNG", "AVIF"):
        data = encoded(kind, frames[0], save_all=True, append_images=frames[1:])
        assert bright_corner(photo_of("p", data).small) == "top left"


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_truncated_jpeg_is_read_as_far_as_it_goes(options: dict[str, object]) -> None:
    noisy = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    whole = scene() // 2 + noisy // 2
    data = encoded("JPEG", whole, **options)
    photo = photo_of("p", data[: len(data) * 8 // 10])
    expected = cv2.cvtColor(whole, cv2.COLOR_RGB2GRAY)
    assert np.abs(photo.small[: HEIGHT // 2].astype(int) - expected[: HEIGHT // 2]).mean() < 20


def test_truncated_png_is_read_as_far_as_it_goes() -> None:
    noisy = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    data = encoded("PNG", noisy)
    photo = photo_of("p", data[: len(data) * 8 // 10])
    assert np.array_equal(photo.small[:200], cv2.cvtColor(noisy, cv2.COLOR_RGB2GRAY)[:200]) or (
        np.abs(photo.small[:200].astype(int) - cv2.cvtColor(noisy, cv2.COLOR_RGB2GRAY)[:200]).max() <= 1
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_stump_of_a_picture_is_refused(kind: str) -> None:
    noisy = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    data = encoded(kind, noisy)
    with pytest.raises(PhotoError, match=r"only \d+ % of this picture arrived"):
        photo_of("p", data[: len(data) // 4])


def test_complete_jpeg_with_a_trailer_is_no_stump() -> None:
    plain = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    plain[:40, :, :] = scene()[:40]
    assert photo_of("p", encoded("JPEG", plain) + b"trailer of a phone" * 10).size == (WIDTH, HEIGHT)


def webp_of_size(width: int, height: int) -> bytes:
    """A lossless WebP that claims a size and holds next to nothing."""
    says = (width - 1) | (height - 1) << 14
    body = b"VP8L" + struct.pack("<I", 20) + b"\x2f" + struct.pack("<I", says) + bytes(15)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def png_of_size(width: int, height: int, bits: int = 8) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


def chunks_of(png: bytes) -> list[bytes]:
    """The chunks of a PNG, whole."""
    found, at = [], 8
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4])
        found.append(png[at:end])
        at = end
    return found


def test_exif_behind_the_picture_of_a_png_is_obeyed_as_well() -> None:
    chunks = chunks_of(encoded("PNG", orientation=6))
    chunks.sort(key=lambda chunk: [b"eXIf", b"IEND"].index(chunk[4:8]) + 1 if chunk[4:8] in (b"eXIf", b"IEND") else 0)
    assert chunks[-2][4:8] == b"eXIf"
    photo = photo_of("p", b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    assert photo.size == (HEIGHT, WIDTH)
    assert bright_corner(photo.small) == UPRIGHT[6]


@pytest.mark.skipif(sys.platform != "linux", reason="the most memory that was held is read from Linux")
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(20_001)) for _ in range(20_000)) + packer.flush()
    file = tmp_path / "bomb.png"
    Image.new("L", (1, 1)).save(file)
    header, *_, end = chunks_of(file.read_bytes())
    body = header[4:8] + struct.pack(">II", 20_000, 20_000) + header[16:21]
    chunks = [
        struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each))
        for each in (body, b"IDAT" + packed)
    ]
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + end)
    program = f"""
from pathlib import Path
from vinspect.vision.photo import PhotoError, open_photo
held = lambda: int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
before = held()
try:
    open_photo({str(file)!r})
except PhotoError as error:
    print(held() - before, error)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    kilobytes, said = run.stdout.split(maxsplit=1)
    assert "400 megapixels are too many" in said
    assert int(kilobytes) < 100_000


def test_of_pictures_that_fill_the_memory_one_is_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    large = cv2.imencode(".jpg", np.full((7200, 7200), 90, np.uint8))[1].tobytes()
    at_once, most, decode = threading.Semaphore(1), [], cv2.imdecode

    def alone(data: np.ndarray, flags: int) -> object:
        most.append(at_once.acquire(blocking=False))
        try:
            return decode(data, flags)
        finally:
            at_once.release()

    monkeypatch.setattr(cv2, "imdecode", alone)
    with ThreadPoolExecutor(4) as threads:
        photos = list(threads.map(photo_of, "abcd", [large] * 4))
    assert most == [True] * 4
    assert {photo.size for photo in photos} == {(7200, 7200)}


BAD = {
    "empty": (b"", "empty"),
    "text": (b"hello, this is no picture" * 20, "no picture"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    "svg after xml": (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x -->\n<svg/>', "SVG"),
    "pdf": (b"%PDF-1.7\n%junk", "PDF"),
    "video": (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2mp41", "video"),
    "zeros": (bytes(5000), "no picture"),
    "jpeg's first bytes": (b"\xff\xd8\xff\xe0\0\x10JFIF", "no picture|damaged"),
    "bomb": (png_of_size(60_000, 60_000), "3600 megapixels are too many: save the photograph at half its size"),
    "bomb of 16 bits": (png_of_size(11_000, 11_000, 16), "121 megapixels are too many: save the photograph as JPEG"),
    "bomb in webp": (webp_of_size(9_000, 9_000), "81 megapixels are too many: save the photograph as JPEG"),
    "damaged webp": (encoded("WEBP")[:300], "damaged|no picture"),
    "damaged avif": (encoded("AVIF")[:300], "damaged|no picture"),
    "damaged gif": (encoded("GIF", Image.fromarray(scene()).convert("P"))[:20], "damaged|no picture"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_photograph_is_refused_in_one_sentence(name: str) -> None:
    data, words = BAD[name]
    with pytest.raises(PhotoError, match=words) as caught:
        photo_of(name, data)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert ":" in sentence  # what is wrong: what to do
    assert len(sentence) < 120


@given(
    st.binary(max_size=300), st.sampled_from(["JPEG", "PNG", "TIFF", "GIF", "BMP", "WEBP", ""]), st.integers(0, 10_000)
)
@example(b"\x00\x05\x00\x94", "GIF", 782)  # it says now that it is of 50.05 megapixels: such a one is shown at half
@settings(max_examples=150, deadline=None)
def test_no_damage_raises_anything_but_photo_error(junk: bytes, kind: str, at: int) -> None:
    sound = encoded(kind, Image.fromarray(scene(40, 30))) if kind else b""
    at = at % (len(sound) + 1)
    try:
        photo = photo_of("p", sound[:at] + junk + sound[at + len(junk) :])
        picture = bgr(photo)
    except PhotoError:
        return
    reduction = round(scale_of(photo, picture))
    assert (reduction > 1) == (photo.size[0] * photo.size[1] > 50_000_000)
    assert np.abs(np.array(picture.shape[1::-1]) - np.array(photo.size) / reduction).max() < 1
    assert max(photo.small.shape) <= max(photo.size)  # damage may have made it a large one, which is reduced


def test_folders_missing_and_unreadable_files_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="folder"):
        open_photo(tmp_path)
    with pytest.raises(PhotoError, match="no such file"):
        open_photo(tmp_path / "nothing.jpg")
    with pytest.raises(PhotoError, match="cannot be read"):
        open_photo("with\0nul.jpg")
    locked = tmp_path / "locked.jpg"
    locked.write_bytes(encoded("JPEG"))
    locked.chmod(0)
    if not os.access(locked, os.R_OK):  # root may read everything
        with pytest.raises(PhotoError, match="permission"):
            open_photo(locked)


def test_progressive_jpeg_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded("JPEG", progressive=True, subsampling=0)
    needed = WIDTH * HEIGHT * 3 * 2  # three samples a pixel, two bytes a coefficient
    monkeypatch.setattr(door, "_COEFFICIENT_BYTES", needed)
    assert photo_of("p", data).size == (WIDTH, HEIGHT)
    monkeypatch.setattr(door, "_COEFFICIENT_BYTES", needed - 1)
    with pytest.raises(PhotoError, match="baseline"):
        photo_of("p", data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_giant_photograph_is_reduced_and_keeps_its_size(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MAX_PIXELS_FULL", 300_000)
    photo = photo_of("p", encoded(kind, scene(2001, 1501), orientation=6))
    assert photo.size == (1501, 2001)
    for picture in (grey(photo), bgr(photo)):
        assert picture.shape[:2] == (501, 376)
        assert scale_of(photo, picture) == pytest.approx(4, rel=0.002)
        assert bright_corner(picture) == "top right"


@pytest.mark.parametrize("longest", [100, 500, 1600, 4000])
def test_colour_is_decoded_no_larger_than_asked(longest: int) -> None:
    photo = photo_of("p", encoded("JPEG", scene(2000, 1500)))
    picture = bgr(photo, longest)
    assert max(picture.shape) == min(longest, 2000)
    assert bright_corner(picture) == "top left"


def test_pixel_centres_of_the_small_copy_map_onto_the_photograph() -> None:
    dots = np.full((1600, 2400), 90, np.uint8)
    dots[800:808, 1600:1608] = 255  # centre at 1603.5, 803.5
    for kind in ("JPEG", "PNG"):
        photo = photo_of("p", encoded(kind, dots))
        weight = photo.small.astype(float) - 90
        weight[weight < 15] = 0
        y, x = (float((weight * axis).sum() / weight.sum()) for axis in np.indices(weight.shape))
        assert ((x + 0.5) * photo.reduction - 0.5, (y + 0.5) * photo.reduction - 0.5) == pytest.approx(
            (1603.5, 803.5), abs=1
        )
