"""Where a sale was made: the lane, and its box and store where a report has several of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from edge.records.records import SaleRecord

LanePlace = tuple[str, str, str]
"""Store, box and lane. Store and box are empty if nobody knows them."""


def place_of(sale: SaleRecord) -> LanePlace:
    return sale.store or "", sale.box or "", sale.lane


def with_place(sales: Sequence[SaleRecord], store: str, box: str) -> list[SaleRecord]:
    """The sales of one log, oldest first. One of an older version, which has no store and no box, gets those of the
    next sale that has them; store, box: of the box now, for sales after which there is none."""
    found = []
    for sale in reversed(sales):
        store, box = sale.store or store, sale.box or box
        known = {"store": store or None, "box": box or None}
        found.append(sale if (sale.store, sale.box) == (*known.values(),) else sale.model_copy(update=known))
    return found[::-1]


def lanes_of(places: Iterable[LanePlace]) -> set[LanePlace]:
    """Each lane once: one whose box nobody knows is taken for that of the same store and name whose box is known."""
    places = set(places)
    known = {(store, lane) for store, box, lane in places if box}
    return {(store, box, lane) for store, box, lane in places if box or (store, lane) not in known}


def names_of(places: Iterable[LanePlace]) -> Callable[[LanePlace], str]:
    """Gives the shortest names that tell these lanes apart: LANE; BOX/LANE if a store has several boxes; with STORE/
    before it if there are several stores. What nobody knows is left out."""
    places = set(places)
    boxes = {(store, box) for store, box, _ in places if box}
    with_store = len({store for store, *_ in places}) > 1
    with_box = len(boxes) > len({store for store, _ in boxes})

    def name(place: LanePlace) -> str:
        store, box, lane = place
        return "/".join(filter(None, (store if with_store else "", box if with_box else "", lane)))

    return name
