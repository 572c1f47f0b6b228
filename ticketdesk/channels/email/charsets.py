"""Which characters the bytes stand for, whatever their label claims."""

import codecs
import re
import unicodedata
from functools import lru_cache

# Labels as mailers write them, mapped to the superset that browsers use for the same label
# (WHATWG Encoding), because senders mean the superset.
_ALIASES = {
    "ascii": "ascii", "us-ascii": "ascii", "ansi_x3.4-1968": "ascii", "iso-ir-6": "ascii", "646": "ascii",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "iso88591": "cp1252", "ansi": "cp1252", "windows1252": "cp1252", "cp-1252": "cp1252", "x-ansi": "cp1252",
    "iso-8859-9": "cp1254", "latin5": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874", "windows-874": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "csgb2312": "gb18030",
    "euc-cn": "gb18030", "hz-gb-2312": "hz", "cp-936": "gb18030", "936": "gb18030",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "euc-kr": "cp949", "ksc5601": "cp949", "korean": "cp949",
    "ks_c_5601-1989": "cp949", "windows-949": "cp949", "949": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "ms_kanji": "cp932", "shift_jisx0213": "shift_jisx0213", "iso-2022-jp": "iso2022_jp_ext",
    "_iso-2022-jp$esc": "iso2022_jp_ext", "csiso2022jp": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext",
    "big5": "big5hkscs", "big-5": "big5hkscs", "x-x-big5": "big5hkscs", "cn-big5": "big5hkscs",
    "utf8": "utf-8", "utf-8": "utf-8", "utf_8": "utf-8", "unicode-1-1-utf-8": "utf-8", "utf8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7", "utf7": "utf-7", "unicode": "utf-16", "ucs-2": "utf-16", "utf16": "utf-16",
    "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "logical": "iso-8859-8", "iso-8859-6-i": "iso-8859-6",
    "x-mac-roman": "mac_roman", "macintosh": "mac_roman", "x-mac-cyrillic": "mac_cyrillic",
    "x-windows-1250": "cp1250", "x-windows-1251": "cp1251", "x-cp1250": "cp1250", "x-cp1251": "cp1251",
    "dos-866": "cp866", "koi8": "koi8-r", "koi": "koi8-r", "koi8-ru": "koi8-u",
}  # fmt: skip

# Codecs of the standard library that are no character sets, or that run a mapping nobody sends.
_REFUSED = {
    "hex", "rot13", "rot-13", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "zlib", "bz2",
    "base64", "uu", "quopri", "mbcs", "oem", "charmap", "palmos",
}  # fmt: skip

_WITHOUT_LABEL = {
    "",
    "ascii",
    "x-unknown",
    "unknown-8bit",
    "unknown",
    "default",
    "8bit",
    "7bit",
    "binary",
    "none",
}
_HIGH = re.compile(rb"[\xa1-\xfe]+")
_REPLACED = str.maketrans({0: None})


@lru_cache(maxsize=512)
def codec_for(label: str) -> str | None:
    """The Python codec for a charset label, or None when the label means nothing to us."""
    name = label.strip().strip("\"'").lower()[:60]
    name = name.partition("*")[0].partition(";")[0].strip()
    if not name.isascii() or "\0" in name:
        return None
    name = _ALIASES.get(name, name)
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    if found.name.replace("_", "-") in _REFUSED or not getattr(found, "_is_text_encoding", True):
        return None
    return _ALIASES.get(found.name, found.name)


def decode(raw: bytes, label: str = "") -> tuple[str, str | None]:
    """Text of `raw` and, when the label did not hold, a sentence about it."""
    if raw.startswith(codecs.BOM_UTF8):
        raw, label = raw[3:], "utf-8"
    if raw.isascii() and b"\x1b" not in raw and b"+" not in raw and b"~{" not in raw and b"\0" not in raw:
        return clean_text(raw.decode("ascii")), None
    codec = codec_for(label) if label.strip().lower() not in _WITHOUT_LABEL else None
    if codec is not None and codec != "ascii":
        try:
            return clean_text(raw.decode(codec)), None
        except (UnicodeError, ValueError):
            pass
    text = _guess(raw, codec)
    if codec is None and label.strip().lower() in _WITHOUT_LABEL:
        return clean_text(text), None
    if codec is None:
        return clean_text(text), f"unknown charset {label[:40]!r}"
    return clean_text(text), f"text is not in its declared charset {label[:40]!r}"


def _guess(raw: bytes, codec: str | None) -> str:
    """Text of bytes whose label is missing or wrong."""
    if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) and len(raw) % 2 == 0:
        try:
            return raw.decode("utf-16")
        except UnicodeError:
            pass
    if b"\x1b$" in raw or b"\x1b(" in raw:
        try:
            return raw.decode("iso2022_jp_ext")
        except UnicodeError:
            pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        # Mostly UTF-8 with a cut or broken character stays UTF-8.
        if codec in (None, "utf-8", "ascii") and _mostly_utf8(raw, wrong.start):
            return raw.decode("utf-8", "replace")
    if codec is not None and codec.startswith(("iso2022_jp", "euc_jp")):
        codec = "cp932"
    if codec is not None and codec not in ("ascii", "utf-8"):
        return raw.decode(codec, "replace")
    if codec is None and (likely := _likely(raw[:4096])):
        return raw.decode(likely, "replace")
    return raw.decode("cp1252", "replace")


def _likely(sample: bytes) -> str | None:
    """Chinese (pairs of high bytes) or Cyrillic (whole words of them) without a label, or None."""
    runs = [run for run in _HIGH.findall(sample) if len(run) > 1]
    high = sum(len(run) for run in runs)
    if high < 6 or high * 2 < sum(1 for byte in sample if byte > 0x7F):
        return None
    leads = b"".join(run[::2] for run in runs)
    common = sum(1 for byte in leads if 0xB0 <= byte <= 0xD7 or 0xA1 <= byte <= 0xA3)
    if all(len(run) % 2 == 0 for run in runs) and common * 10 >= 7 * len(leads):
        return "gb18030"
    words = b"".join(runs)
    if sum(1 for byte in words if byte >= 0xE0) * 10 >= 7 * len(words):
        return "cp1251"
    return None


def _mostly_utf8(raw: bytes, wrong_at: int) -> bool:
    sample = raw[:20000].decode("utf-8", "replace")
    broken = sample.count("\ufffd")
    whole = sum(1 for char in sample if char > "\x7f") - broken
    return whole > 4 * broken or (broken == 1 and whole > 0 and wrong_at > len(raw) - 4)


def clean_text(text: str) -> str:
    """The text without NUL and lone surrogates, which neither PostgreSQL nor UTF-8 can hold."""
    if "\0" in text:
        text = text.translate(_REPLACED)
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def one_line(text: str) -> str:
    """A header's text on one line, without control characters."""
    flat = " ".join(text.split())
    if flat.isprintable():
        return flat
    return "".join(char for char in flat if char == " " or unicodedata.category(char) != "Cc")
