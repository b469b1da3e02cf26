"""The short text inside a QR code: what kind of thing it is on, and the thing's code."""

import re
from typing import NamedTuple

from inventory.errors import InventoryError

KINDS = ("store", "bin", "lot", "asset", "order")
PAYLOAD_MAX_BYTES = 150  # a code of 49 modules: on a label still read by a phone (assumed)

_PREFIX = "WD:"
_KIND_OF = {kind.upper(): kind for kind in KINDS}
_ESCAPE = re.compile(r"%3A|%25")


class BadPayload(InventoryError):
    """A scanned text that is not a code of this product. Facts: text."""


class BadLabelCode(InventoryError):
    """A code no label can carry: unknown kind, an empty part or an unprintable character. Facts: kind, part."""


class LabelCodeTooLong(InventoryError):
    """A code too long for a QR code that a phone reads from a label. Facts: payload, size, most (bytes)."""


class Payload(NamedTuple):
    """What a QR code says: the kind (one of KINDS) and the parts of the code, such as item and lot."""

    kind: str
    parts: tuple[str, ...]


def label_payload(kind: str, *parts: str) -> str:
    """`label_payload("lot", "M001", "L2024-03")` is `WD:LOT:M001:L2024-03`; `:` and `%` in parts are %3A and %25.

    Raises BadLabelCode, LabelCodeTooLong.
    """
    if kind not in KINDS:
        raise BadLabelCode(kind=kind, part="")
    for part in parts or ("",):
        if not part or not part.isprintable():
            raise BadLabelCode(kind=kind, part=part)
    text = _PREFIX + ":".join([kind.upper(), *(part.replace("%", "%25").replace(":", "%3A") for part in parts)])
    if (size := len(text.encode())) > PAYLOAD_MAX_BYTES:
        raise LabelCodeTooLong(payload=text, size=size, most=PAYLOAD_MAX_BYTES)
    return text


def read_payload(text: str) -> Payload:
    """The inverse of `label_payload`. Raises BadPayload for anything that function does not write."""
    kind, *parts = text.removeprefix(_PREFIX).split(":")
    if not text.startswith(_PREFIX) or kind not in _KIND_OF:
        raise BadPayload(text=text)
    found = Payload(_KIND_OF[kind], tuple(_unescaped(part) for part in parts))
    try:
        same = label_payload(found.kind, *found.parts) == text
    except InventoryError:
        same = False
    if not same:  # an unknown escape, an empty part, a code longer than any label's
        raise BadPayload(text=text)
    return found


def _unescaped(part: str) -> str:
    return _ESCAPE.sub(lambda escape: ":" if escape.group() == "%3A" else "%", part)
