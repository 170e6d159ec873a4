"""Metadata: what a person or a camera truly wrote is read, in any language; broken and default texts are not."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.imaging.decoding import decode
from engine.imaging.metadata import PhotoFacts
from engine.imaging.metadata_captions import MetadataCaption, clean_text, decode_text, is_written_by_a_person, parse_xmp
from tests.photo_factory import Metadata, iptc_extra, scene, write_photo, xmp_packet

if TYPE_CHECKING:
    from pathlib import Path

CHINESE = "海上的红气球"


def facts_of(path: Path) -> PhotoFacts:
    return decode(path, min_edge=50)[1]


def texts_of(path: Path) -> list[str]:
    return [caption.text for caption in facts_of(path).captions]


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "avif"])
def test_facts_are_read_from_every_format_that_has_them(tmp_path: Path, suffix: str) -> None:
    metadata = Metadata(
        taken_at="2023:07:14 12:34:56",
        offset="+08:00",
        make="Canon",
        model="Canon EOS 5D",
        place=(31.2304, -121.4737),
        description=CHINESE,
    )
    facts = facts_of(write_photo(tmp_path / f"a.{suffix}", metadata=metadata))
    assert facts.taken_at == "2023-07-14T12:34:56+08:00"
    assert facts.camera == "Canon EOS 5D"
    assert (facts.latitude, facts.longitude) == pytest.approx((31.2304, -121.4737), abs=1e-6)
    if suffix != "avif":  # Pillow's AVIF writer rewrites the text as ASCII
        assert facts.captions == (MetadataCaption(CHINESE, None, "exif"),)


def test_a_photo_without_metadata_has_no_facts(tmp_path: Path) -> None:
    assert facts_of(write_photo(tmp_path / "a.jpg")) == PhotoFacts("JPEG", 640, 480)


@pytest.mark.parametrize(
    ("taken_at", "offset", "expected"),
    [
        ("2023:07:14 12:34:56", None, "2023-07-14T12:34:56"),
        ("2023:07:14 12:34:56", "-03:30", "2023-07-14T12:34:56-03:30"),
        ("2023-07-14T12:34:56", "nonsense", "2023-07-14T12:34:56"),
        ("2023:07:14 12:34:56", "+99:00", "2023-07-14T12:34:56"),
        ("2023:07:14 12:34", None, "2023-07-14T12:34:00"),
        ("0000:00:00 00:00:00", None, None),
        ("2023:02:30 10:00:00", None, None),
        ("    :  :     :  :  ", None, None),
        ("yesterday", None, None),
    ],
)
def test_dates_become_iso_8601_or_nothing(
    tmp_path: Path, taken_at: str, offset: str | None, expected: str | None
) -> None:
    path = write_photo(tmp_path / "a.jpg", metadata=Metadata(taken_at=taken_at, offset=offset))
    assert facts_of(path).taken_at == expected


def test_the_date_of_taking_wins_over_the_date_of_the_last_change(tmp_path: Path) -> None:
    changed = {0x0132: "2024:01:01 00:00:00"}
    both = write_photo(tmp_path / "a.jpg", metadata=Metadata(taken_at="2020:05:05 05:05:05", extra=changed))
    one = write_photo(tmp_path / "b.jpg", metadata=Metadata(extra=changed))
    assert [facts_of(path).taken_at for path in (both, one)] == ["2020-05-05T05:05:05", "2024-01-01T00:00:00"]


def test_without_exif_the_date_comes_from_xmp(tmp_path: Path) -> None:
    created = '<xmp:CreateDate xmlns:xmp="http://ns.adobe.com/xap/1.0/">2021-03-04T05:06:07Z</xmp:CreateDate>'
    path = write_photo(tmp_path / "a.png", xmp=xmp_packet(extra=created))
    path_jpg = write_photo(tmp_path / "a.jpg", xmp=xmp_packet(extra=created))
    assert facts_of(path_jpg).taken_at == "2021-03-04T05:06:07+00:00"
    assert facts_of(path).taken_at in {None, "2021-03-04T05:06:07+00:00"}


@pytest.mark.parametrize(
    ("make", "model", "expected"),
    [
        ("NIKON CORPORATION", "NIKON D90", "NIKON D90"),
        ("Apple", "iPhone 15 Pro", "Apple iPhone 15 Pro"),
        ("HUAWEI\0\0", "  VOG-L29 ", "HUAWEI VOG-L29"),
        (None, "X100", "X100"),
        ("Leica", None, "Leica"),
        (None, None, None),
    ],
)
def test_the_camera_is_named_once(tmp_path: Path, make: str | None, model: str | None, expected: str | None) -> None:
    path = write_photo(tmp_path / "a.jpg", metadata=Metadata(make=make, model=model, orientation=1))
    assert facts_of(path).camera == expected


@pytest.mark.parametrize("place", [(0.0, 0.0), (91.0, 10.0), (10.0, 181.0)])
def test_a_place_that_cannot_be_is_none(tmp_path: Path, place: tuple[float, float]) -> None:
    facts = facts_of(write_photo(tmp_path / "a.jpg", metadata=Metadata(place=place)))
    assert (facts.latitude, facts.longitude) == (None, None)


@pytest.mark.parametrize(
    "comment",
    [
        b"UNICODE\0" + CHINESE.encode("utf-16-le"),
        b"UNICODE\0" + CHINESE.encode("utf-16-be"),
        b"UNICODE\0" + b"\xff\xfe" + CHINESE.encode("utf-16-le"),
        b"ASCII\0\0\0" + CHINESE.encode(),
        b"\0" * 8 + CHINESE.encode("gb2312"),
        CHINESE.encode(),
    ],
)
def test_a_chinese_user_comment_is_read_in_any_encoding(tmp_path: Path, comment: bytes) -> None:
    path = write_photo(tmp_path / "a.jpg", metadata=Metadata(user_comment=comment))
    assert facts_of(path).captions == (MetadataCaption(CHINESE, None, "exif"),)


def test_windows_titles_are_read(tmp_path: Path) -> None:
    assert texts_of(write_photo(tmp_path / "a.jpg", metadata=Metadata(xp_title="生日 party"))) == ["生日 party"]


@pytest.mark.parametrize("suffix", ["jpg", "webp", "tif", "avif"])
def test_xmp_captions_carry_their_language(tmp_path: Path, suffix: str) -> None:
    packet = xmp_packet({"x-default": "A red balloon", "zh-CN": CHINESE}, {"en-US": "Balloon & sea"})
    options = {"tiffinfo": {700: packet}} if suffix == "tif" else {"xmp": packet}
    assert facts_of(write_photo(tmp_path / f"a.{suffix}", **options)).captions == (
        MetadataCaption("A red balloon", None, "xmp"),
        MetadataCaption(CHINESE, "zh", "xmp"),
        MetadataCaption("Balloon & sea", "en", "xmp"),
    )


def test_keywords_are_no_captions(tmp_path: Path) -> None:
    subject = "<dc:subject><rdf:Bag><rdf:li>beach</rdf:li></rdf:Bag></dc:subject>"
    assert texts_of(write_photo(tmp_path / "a.jpg", xmp=xmp_packet(extra=subject))) == []


@pytest.mark.parametrize("encoding", ["utf-8", "gb2312"])
def test_iptc_caption_and_headline_are_read(tmp_path: Path, encoding: str) -> None:
    extra = iptc_extra(CHINESE.encode(encoding), "头条新闻".encode(encoding))
    assert facts_of(write_photo(tmp_path / "a.jpg", extra=extra)).captions == (
        MetadataCaption(CHINESE, None, "iptc"),
        MetadataCaption("头条新闻", None, "iptc"),
    )


def test_the_same_text_in_three_places_is_one_caption(tmp_path: Path) -> None:
    path = write_photo(
        tmp_path / "a.jpg",
        metadata=Metadata(description="At the  sea"),
        xmp=xmp_packet({"en": "At the sea"}),
        extra=iptc_extra(b"AT THE SEA"),
    )
    assert facts_of(path).captions == (MetadataCaption("At the sea", "en", "xmp"),)


@pytest.mark.parametrize(
    "text",
    [
        "OLYMPUS DIGITAL CAMERA", "SONY DSC", "KONICA MINOLTA DIGITAL CAMERA", "SAMSUNG CAMERA PICTURES", "DCIM", "cof",
        "Exif_JPEG_PICTURE", "hdrpl", "cof_vivid", "Untitled", "AppleMark", "12345", "-", "CREATOR: gd-jpeg v1.0",
        '{"mode": 3}', "filter: 0; fileterIntensity: 0.0; filterMask: 0;", "KODAK Digital Still Camera",
    ],
)  # fmt: skip
def test_what_cameras_write_by_themselves_is_dropped(text: str) -> None:
    assert not is_written_by_a_person(text)


@pytest.mark.parametrize(
    "text",
    [
        CHINESE,
        "海",
        "North beach",
        "Sony building",
        "My digital camera",
        "Normal day; nothing special",
        "HDR of the bay",
    ],
)
def test_what_people_write_is_kept(text: str) -> None:
    assert is_written_by_a_person(text)


def test_a_default_description_leaves_the_photo_without_caption(tmp_path: Path) -> None:
    metadata = Metadata(description="OLYMPUS DIGITAL CAMERA         ")
    assert texts_of(write_photo(tmp_path / "a.jpg", metadata=metadata)) == []


def test_an_entity_bomb_is_harmless(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}]>'.encode() + xmp_packet(extra="&e9;")
    bomb = bomb.replace(b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>', b"")
    assert parse_xmp(bomb) is None
    assert texts_of(write_photo(tmp_path / "a.jpg", xmp=bomb)) == []


@pytest.mark.parametrize("packet", [b"<x:xmpmeta>", b"\xff\xfe\x00", b"<a>" * 20_000, b"plain text", b"\0\0"])
def test_broken_xmp_is_no_caption(tmp_path: Path, packet: bytes) -> None:
    assert texts_of(write_photo(tmp_path / "a.jpg", xmp=packet)) == []


def test_captions_are_bounded(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg", xmp=xmp_packet({f"x{number}": f"text no {number}" for number in range(200)}))
    assert len(texts_of(path)) == 32
    assert len(clean_text("long " * 5000)) <= 2000


@settings(deadline=None)
@given(st.text())
def test_cleaned_text_is_one_storable_line(text: str) -> None:
    cleaned = clean_text(text)
    assert cleaned == " ".join(cleaned.split())
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert clean_text(cleaned) == cleaned


@given(st.binary())
def test_any_bytes_decode_to_some_text(raw: bytes) -> None:
    assert isinstance(decode_text(raw), str)


@pytest.mark.parametrize(("raw", "text"), [("café".encode("latin-1"), "café"), (b"na\xefve", "naïve")])
def test_latin_1_is_not_taken_for_chinese(raw: bytes, text: str) -> None:
    assert decode_text(raw) == text


def test_broken_exif_leaves_the_photo_usable(tmp_path: Path) -> None:
    sound = Metadata(taken_at="2023:07:14 12:34:56", place=(1.0, 2.0), description="Hello there").exif().tobytes()
    for at in range(6, len(sound), 3):
        broken = sound[:at] + struct.pack(">I", 0xFFFFFFFF) + sound[at + 4 :]
        scene((60, 40)).save(tmp_path / "a.jpg", exif=broken[:60_000])
        picture, facts = decode(tmp_path / "a.jpg", min_edge=40)
        assert min(picture.size) == 40
        assert isinstance(facts.captions, tuple)


def test_gps_without_denominators_is_no_place(tmp_path: Path) -> None:
    exif = Metadata(place=(10.5, 20.5)).exif().tobytes()
    scene().save(tmp_path / "a.jpg", exif=exif.replace(struct.pack(">I", 1), struct.pack(">I", 0)))
    with Image.open(tmp_path / "a.jpg"):
        assert facts_of(tmp_path / "a.jpg").format == "JPEG"
