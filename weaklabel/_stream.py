"""Parts of evidence on a GPU, one after the other: the next is on its way while one is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from weaklabel._device import mover

if TYPE_CHECKING:
    from weaklabel.evidence import Evidence


class Copies(Protocol):
    """What moves parts."""

    def start(self, part: Evidence) -> Any:
        """Let a part set off; says nothing of when it arrives."""
        ...

    def arrived(self, sent: Any) -> Evidence:
        """Give a part that set off, when it is there."""
        ...


def in_turn(parts: Iterable[Evidence], copies: Copies) -> Iterator[Evidence]:
    """Give parts that have arrived, each while the one after it is on its way.

    No more than three are away from the host, the one that was used last among them, whatever the
    number of parts.
    """
    sent: Any = None
    for part in parts:
        following = copies.start(part)
        if sent is not None:
            yield copies.arrived(sent)
        sent = following
    if sent is not None:
        yield copies.arrived(sent)


def on_device(parts: Iterable[Evidence], device: str) -> Iterator[Evidence]:
    """Give parts on a device, ``"cpu"`` or ``"cuda"``, one after the other.

    Raises
    ------
    ValueError, ImportError, RuntimeError
        If there is no such device; see `mover`.
    """
    mover(device)  # refuses
    return iter(parts) if device == "cpu" else in_turn(parts, CudaCopies())


class CudaCopies:
    """Copies from pinned memory, in a stream of their own, beside what the card computes."""

    def __init__(self) -> None:
        import cupy  # pyright: ignore[reportMissingImports]
        import cupyx  # pyright: ignore[reportMissingImports]

        self.cupy: Any = cupy
        self.empty_pinned: Any = cupyx.empty_like_pinned
        self.stream: Any = cupy.cuda.Stream(non_blocking=True)

    def start(self, part: Evidence) -> tuple[Evidence, Any, list[Any]]:
        # memory that an earlier part gave back may still be read by what was asked for it
        self.stream.wait_event(self.cupy.cuda.get_current_stream().record())
        pinned: list[Any] = []

        def copied(array: Any) -> Any:
            pinned.append(self.empty_pinned(array))
            pinned[-1][...] = array
            with self.stream:
                there = self.cupy.empty(array.shape, dtype=array.dtype)
                there.set(pinned[-1], stream=self.stream)
            return there

        return part.map_arrays(copied), self.stream.record(), pinned

    def arrived(self, sent: tuple[Evidence, Any, list[Any]]) -> Evidence:
        part, event, _ = sent
        event.synchronize()  # from here on the pinned memory is free
        return part
