"""Sentences people wrote into a photo's EXIF, IPTC and XMP; what cameras write there by themselves is dropped.

Formats: EXIF 2.32 (UserComment's eight-byte character code), IPTC-IIM 4.2 (records of 0x1C), XMP part 1 (Dublin Core).
Nothing here raises for broken metadata: a photo without readable captions has none.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from PIL import Image

LONGEST_CAPTION = 2000
MOST_CAPTIONS = 32
_LARGEST_XMP = 4 * 1024 * 1024

_IMAGE_DESCRIPTION, _EXIF_IFD, _USER_COMMENT, _XP_TITLE, _XP_COMMENT = 0x010E, 0x8769, 0x9286, 0x9C9B, 0x9C9C
_IPTC_HEADLINE, _IPTC_CAPTION, _IPTC_RESOURCE, _IPTC_TAG = 105, 120, 0x0404, 33723
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
BALLOON_NAMESPACE = "urn:x-balloon:captions:1#"
"""Where Balloon's own XMP sidecars keep every caption: dc:description has room for one a language."""
_OWN_CAPTIONS = f"{{{BALLOON_NAMESPACE}}}captions"

_FACTORY_TEXTS = re.compile(
    r"""(olympus|sony|konica\s*minolta|minolta|samsung|kodak|ricoh|vivitar|polaroid|pentax|casio)?[\s_]*
        (digital\s(still\s)?camera(\spictures?)?|dsc|dcim|camera\spictures?)
      | exif[_\s-]jpeg(_\w+)? | jpeg(_picture)? | default | untitled | no\s?name | ole\stitle | applemark
      | hisilicon\s?\w* | mtk\w* | oznor(wo)?
      | (cof|hdr|hdrpl|dav|edf|mde|nor|sdr|ptr|rpt|bty|btf|fptr|rbt)(_\w{1,10})?  # what Huawei and Honor write
      | (lead\stechnologies|creator:\sgd-jpeg|file\swritten\sby\sadobe|created\swith\s(the\s)?gimp).*
      | (processed\s(by|with)\s).*
      | [{<\[].*  # JSON and XML
      | \w+\s?:[^;:]*;\s*\w+\s?:.*  # "filter: 0; mask: 1": settings of a camera app""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_NO_XML = "\ufffe\uffff"  # XML 1.0, production 2
_FACTORY_TEXT_LENGTH = 200
_FEWEST_LETTERS = 2
_LANGUAGE_SUBTAG = re.compile(r"[a-z]{2,3}")
_IPTC_MARKER, _IPTC_APPLICATION_RECORD = 0x1C, 2


@dataclass(frozen=True, slots=True)
class MetadataCaption:
    """A sentence from a photo's metadata. ``language`` is the primary subtag ("en", "zh") where the file states one."""

    text: str
    language: str | None
    source: Literal["exif", "iptc", "xmp"]


def read_captions(image: Image.Image, exif: Image.Exif) -> tuple[MetadataCaption, ...]:
    """Collect the captions of an opened ``image``, each text once: XMP first, for it alone states the language."""
    kept: dict[str, MetadataCaption] = {}
    for caption in (*_xmp_captions(xmp_of(image)), *_iptc_captions(image), *_exif_captions(exif)):
        text = clean_text(caption.text)
        if text and text.casefold() not in kept and is_written_by_a_person(text):
            kept[text.casefold()] = MetadataCaption(text, caption.language, caption.source)
    return tuple(kept.values())[:MOST_CAPTIONS]


def is_written_by_a_person(text: str) -> bool:
    """Tell a sentence from a camera's default text, a program's notes and mere numbers."""
    if _FACTORY_TEXTS.fullmatch(text[:_FACTORY_TEXT_LENGTH].strip()):
        return False
    letters = sum(character.isalpha() for character in text)
    return letters >= _FEWEST_LETTERS or any("\u4e00" <= character <= "\u9fff" for character in text)


def clean_text(text: str) -> str:
    """One line of normal-form text that XML can carry, at most ``LONGEST_CAPTION`` characters; what is tidy stays."""
    text = unicodedata.normalize("NFC", text[: 4 * LONGEST_CAPTION])
    visible = "".join(" " if _is_unseen(letter) else letter for letter in text)
    return " ".join(visible.split())[:LONGEST_CAPTION].rstrip()


def _is_unseen(letter: str) -> bool:
    return letter in _NO_XML or unicodedata.category(letter) in _UNSEEN


def decode_text(raw: bytes) -> str:
    """Decode text of unstated encoding: UTF-8, else GB 2312 (old Chinese programs), else Latin-1."""
    raw = raw.rstrip(b"\x00")
    for encoding in ("utf-8", "gb2312"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def xmp_of(image: Image.Image) -> bytes:
    """Give the raw XMP packet of an opened image, empty when there is none or it is too large to be text."""
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    raw = packet.encode("utf-8", "replace") if isinstance(packet, str) else packet
    return raw if isinstance(raw, bytes) and len(raw) <= _LARGEST_XMP else b""


def parse_xmp(packet: bytes) -> Element | None:
    """Parse an XMP packet; None for broken XML and for any that declares entities or a document type."""
    if not packet.strip(b"\x00 \r\n\t"):
        return None
    try:
        root: Element = ElementTree.fromstring(packet.strip(b"\x00 \r\n\t"), forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return None
    return root


def read_xmp(packet: bytes) -> tuple[MetadataCaption, ...] | None:
    """Collect the captions of a whole XMP packet, each text once; None where it is no sound XMP."""
    root = parse_xmp(packet)
    if root is None:
        return None
    # Texts with a stated language first: x-default often repeats one of them.
    others = sorted(_captions_in(root), key=lambda item: item.language is None)
    told = [item for item in others if is_written_by_a_person(clean_text(item.text))][:MOST_CAPTIONS]
    kept: dict[str, MetadataCaption] = {}
    for caption in (*_own_captions(root), *told):
        if text := clean_text(caption.text):
            kept.setdefault(text, MetadataCaption(text, caption.language, "xmp"))
    return tuple(kept.values())


def _xmp_captions(packet: bytes) -> Iterator[MetadataCaption]:
    root = parse_xmp(packet)
    if root is not None:
        yield from _captions_in(root)


def _own_captions(root: Element) -> Iterator[MetadataCaption]:
    for own in root.iter(_OWN_CAPTIONS):
        for item in own.iter(f"{_RDF}li"):
            yield MetadataCaption(item.text or "", _primary_language(item.get(_XML_LANG)), "xmp")


def _captions_in(root: Element) -> Iterator[MetadataCaption]:
    for name in ("description", "title"):
        for element in root.iter(f"{_DC}{name}"):
            items = list(element.iter(f"{_RDF}li")) or [element]
            for item in items:
                yield MetadataCaption(item.text or "", _primary_language(item.get(_XML_LANG)), "xmp")
        for description in root.iter(f"{_RDF}Description"):
            yield MetadataCaption(description.get(f"{_DC}{name}") or "", None, "xmp")


def _primary_language(tag: str | None) -> str | None:
    primary = (tag or "").replace("_", "-").split("-")[0].lower()
    return primary if _LANGUAGE_SUBTAG.fullmatch(primary) else None


def _iptc_captions(image: Image.Image) -> Iterator[MetadataCaption]:
    for dataset, raw in _iptc_records(_iptc_block(image)):
        if dataset in {_IPTC_HEADLINE, _IPTC_CAPTION}:
            yield MetadataCaption(decode_text(raw), None, "iptc")


def _iptc_block(image: Image.Image) -> bytes:
    photoshop = image.info.get("photoshop")
    if isinstance(photoshop, dict):
        block = photoshop.get(_IPTC_RESOURCE, b"")
    else:
        block = getattr(image, "tag_v2", {}).get(_IPTC_TAG, b"")
    if isinstance(block, tuple) and all(isinstance(word, int) and 0 <= word < 2**32 for word in block):
        # Photoshop declares these bytes as 32-bit numbers in a TIFF.
        order: Literal["little", "big"] = "little" if getattr(image, "_endian", "<") == "<" else "big"
        return b"".join(word.to_bytes(4, order) for word in block)
    return block if isinstance(block, bytes) else b""


def _iptc_records(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk the data sets of record 2: marker 0x1C, record, data set, two bytes of length, value."""
    at = 0
    while at + 5 <= len(block) and block[at] == _IPTC_MARKER:
        record, dataset, length = block[at + 1], block[at + 2], int.from_bytes(block[at + 3 : at + 5], "big")
        if length & 0x8000:  # an extended data set holds more than 32 kB: no caption does
            return
        if record == _IPTC_APPLICATION_RECORD:
            yield dataset, block[at + 5 : at + 5 + length]
        at += 5 + length


def _exif_captions(exif: Image.Exif) -> Iterator[MetadataCaption]:
    yield MetadataCaption(exif_text(exif.get(_IMAGE_DESCRIPTION)), None, "exif")
    for tag in (_XP_TITLE, _XP_COMMENT):
        yield MetadataCaption(_as_bytes(exif.get(tag)).decode("utf-16-le", "replace").split("\x00")[0], None, "exif")
    comment = exif.get_ifd(_EXIF_IFD).get(_USER_COMMENT)
    yield MetadataCaption(_user_comment(_as_bytes(comment), exif.endian), None, "exif")


def exif_text(value: Any) -> str:
    """Text of an ASCII field: Pillow reads it as Latin-1, programs write UTF-8 or GB 2312 into it."""
    if isinstance(value, bytes):
        return decode_text(value)
    if not isinstance(value, str):
        return ""
    try:
        return decode_text(value.encode("latin-1"))
    except UnicodeEncodeError:
        return value


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, tuple):
        return bytes(value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    return value if isinstance(value, bytes) else b""


def _user_comment(raw: bytes, endian: str | None) -> str:
    code, body = raw[:8], raw[8:]
    if code == b"UNICODE\x00":
        return _utf16(body, endian)
    if code == b"JIS\x00\x00\x00\x00\x00":
        return body.decode("iso2022_jp", "replace")
    if code in {b"ASCII\x00\x00\x00", b"\x00" * 8}:
        return decode_text(body.strip(b"\x00 "))
    return decode_text(raw)


def _utf16(body: bytes, endian: str | None) -> str:
    """Decode UTF-16 of either byte order: writers disagree on it, so the reading with more everyday letters wins."""
    if body[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return body.decode("utf-16", "replace")
    own, other = ("utf-16-be", "utf-16-le") if endian == ">" else ("utf-16-le", "utf-16-be")
    readings = [body.decode(encoding, "replace").split("\x00")[0] for encoding in (own, other)]
    return max(readings, key=_everyday_letters)


def _everyday_letters(text: str) -> int:
    return sum(letter < "\u0250" or "\u3000" <= letter <= "\u30ff" or "\u4e00" <= letter <= "\u9fff" for letter in text)
