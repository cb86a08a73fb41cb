"""From laid-out lines to the few ESC/POS commands that cheap clones obey too."""

from collections.abc import Iterator, Sequence

from dte.blocks import Block
from till_agent.layout import Gap, Line, Part, Picture, Segment, lay_out
from till_agent.printers.profiles import Profile

INIT = b"\x1b@"
# Pin 2, 100 ms on, 100 ms off, in units of 2 ms.
DRAWER_PULSE = b"\x1bp\x00\x32\x32"
# Feed the last line past the cutter, then cut.
FEED_AND_CUT = b"\x1dVB\x18"
# Without a cutter the paper is torn at the bar, some 15 mm above the head.
FEED_TO_TEAR = b"\x1bd\x05"
NORMAL_SIZE = b"\x1d!\x00"
# Small printers have small buffers: a long picture goes in strips, which print seamlessly.
STRIP_ROWS = 192
MAX_GAP_DOTS = 255


def encode_paper(blocks: Sequence[Block], profile: Profile, *, drawer: bool = False) -> bytes:
    """Turn blocks into the bytes of one roll, drawer pulse first, cut last.

    Raises StampDoesNotFit or DoesNotFit when a picture is too wide for the head.
    """
    return b"".join(_commands(lay_out(blocks, profile), profile, drawer=drawer))


def _commands(parts: Sequence[Part], profile: Profile, *, drawer: bool) -> Iterator[bytes]:
    yield INIT
    if drawer:
        # The cashier needs the drawer while the paper is still coming out.
        yield DRAWER_PULSE
    if not parts:
        # A job for the drawer alone costs no paper.
        return
    yield bytes((0x1B, 0x74, profile.code_page))
    yield bytes((0x1B, 0x33, profile.line_spacing))
    for part in parts:
        if isinstance(part, Line):
            yield from _line(part, profile)
        elif isinstance(part, Picture):
            yield from _picture(part)
        else:
            yield _gap(part)
    yield FEED_AND_CUT if profile.has_cutter else FEED_TO_TEAR


def _line(line: Line, profile: Profile) -> Iterator[bytes]:
    yield b"\x1ba\x01" if line.centered else b"\x1ba\x00"
    for segment in line.segments:
        yield from _segment(segment, profile)
    yield b"\n"


def _segment(segment: Segment, profile: Profile) -> Iterator[bytes]:
    sized = segment.wide > 1 or segment.tall > 1
    if sized:
        yield bytes((0x1D, 0x21, (segment.wide - 1) << 4 | (segment.tall - 1)))
    if segment.bold:
        yield b"\x1bE\x01"
    # Strict on purpose: the layout fitted the text, and a "?" must never reach a legal line.
    yield segment.text.encode(profile.codec)
    if segment.bold:
        yield b"\x1bE\x00"
    if sized:
        yield NORMAL_SIZE


def _picture(picture: Picture) -> Iterator[bytes]:
    # Pictures are as wide as the head; a printer left on "center" might still shift them.
    yield b"\x1ba\x00"
    for top in range(0, len(picture.rows), STRIP_ROWS):
        strip = picture.rows[top : top + STRIP_ROWS]
        width = len(strip[0])
        size = width.to_bytes(2, "little") + len(strip).to_bytes(2, "little")
        yield b"\x1dv0\x00" + size + b"".join(strip)


def _gap(gap: Gap) -> bytes:
    return bytes((0x1B, 0x4A, min(gap.dots, MAX_GAP_DOTS)))
