"""Writing captions out: CSV, JSON lines and XMP sidecars, each file whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import re
import secrets
from typing import TYPE_CHECKING, TextIO
from xml.sax.saxutils import escape, quoteattr

from engine.imaging.metadata_captions import BALLOON_NAMESPACE
from engine.protocol import PhotoPath

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from engine.library.captions import StoredCaption

COLUMNS = ("file", "text", "lang", "source")
_SIGNATURE = re.compile(rb"<\?balloon ([0-9a-f]{32})\?>\s*\Z")


def write_csv(stream: TextIO, rows: Iterable[tuple[Path, StoredCaption]]) -> tuple[int, int]:
    """Write a header and one line a caption; how many were written, and how many not: a file name may be no text."""
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    written = left_out = 0
    for path, caption in rows:
        shown = PhotoPath.of(path)
        if shown.path_b64 is not None:
            left_out += 1
            continue
        writer.writerow((shown.path, caption.text, caption.language or "", caption.source))
        written += 1
    return written, left_out


def write_jsonl(stream: TextIO, rows: Iterable[tuple[Path, StoredCaption]]) -> tuple[int, int]:
    """Write one object a line; a file name that is no text has its bytes in ``file_b64`` as well."""
    written = 0
    for path, caption in rows:
        shown = PhotoPath.of(path)
        values = {"file": shown.path, "text": caption.text, "lang": caption.language, "source": caption.source}
        if shown.path_b64 is not None:
            values["file_b64"] = shown.path_b64
        stream.write(json.dumps(values, ensure_ascii=False) + "\n")
        written += 1
    return written, 0


def xmp_packet(captions: Sequence[StoredCaption]) -> bytes:
    """An XMP packet: the first caption of each language for every program, and all of them for Balloon.

    It ends with a signature over itself, so that ``is_own_packet`` can tell it from one that somebody has edited since.
    """
    first: dict[str, StoredCaption] = {"x-default": captions[0]}
    for caption in captions:
        if caption.language:
            first.setdefault(caption.language, caption)
    shown = "".join(_item(text.text, language) for language, text in first.items())
    every = "".join(_item(caption.text, caption.language) for caption in captions)
    body = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Balloon">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"\n'
        f'    xmlns:balloon="{BALLOON_NAMESPACE}">\n'
        f"   <dc:description><rdf:Alt>\n{shown}   </rdf:Alt></dc:description>\n"
        f"   <balloon:captions><rdf:Bag>\n{every}   </rdf:Bag></balloon:captions>\n"
        "  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n"
        '<?xpacket end="w"?>\n'
    ).encode()
    return body + b"<?balloon %s?>\n" % _digest(body)


def is_own_packet(packet: bytes) -> bool:
    """Whether Balloon wrote this sidecar and nobody has changed it since."""
    found = _SIGNATURE.search(packet)
    return found is not None and found[1] == _digest(packet[: found.start()])


@contextlib.contextmanager
def whole_file(path: Path, *, encoding: str = "utf-8") -> Iterator[TextIO]:
    """A text stream that becomes ``path`` when all went well; until then, and after an error, ``path`` is as it was."""
    part = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        with part.open("x", encoding=encoding, newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _item(text: str, language: str | None) -> str:
    tag = f" xml:lang={quoteattr(language)}" if language else ""
    return f"    <rdf:li{tag}>{escape(text)}</rdf:li>\n"


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).hexdigest().encode()
