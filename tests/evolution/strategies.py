"""Random schemas that a service may have, and one that the next model may ask for."""

from __future__ import annotations

from hypothesis import strategies as st

from microservices_skill.evolution.schema import Column, Index, Kind, Reference, Schema, Table

NAMES = ("apple", "berry", "cherry", "date_of", "elder")
FILLS = {
    Kind.STRING: "",
    Kind.TEXT: "",
    Kind.BIGINT: "0",
    Kind.DECIMAL: "0",
    Kind.BOOLEAN: "false",
    Kind.UUID: "00000000-0000-0000-0000-000000000000",
    Kind.DATE: "1970-01-01",
    Kind.MOMENT: "1970-01-01T00:00:00Z",
    Kind.JSON: "[]",
}


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    """A column of any type that a field may have."""
    kind = draw(st.sampled_from(sorted(FILLS)))
    scale = draw(st.integers(0, 4)) if kind is Kind.DECIMAL else None
    nullable = draw(st.booleans())
    return Column(
        name=name,
        kind=kind,
        length=draw(st.integers(1, 255)) if kind is Kind.STRING else None,
        precision=scale + draw(st.integers(1, 18)) if scale is not None else None,
        scale=scale,
        nullable=nullable,
        fill=None if nullable else FILLS[kind],
    )


@st.composite
def tables(draw: st.DrawFn, name: str) -> Table:
    """A table of an entity."""
    chosen = draw(st.lists(st.sampled_from(NAMES), max_size=4, unique=True))
    own = tuple(draw(columns(each)) for each in chosen)
    return Table(
        name=name,
        entity=name.title(),
        columns=(Column(name="id", kind=Kind.UUID), *own),
        primary_key=("id",),
        unique=tuple(each for each in chosen if draw(st.booleans())),
        indexes=tuple(Index(columns=(each,)) for each in chosen if draw(st.booleans())),
        references=tuple(Reference(column=each.name, table=name) for each in own if each.kind is Kind.UUID and draw(st.booleans())),
    )


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """The schema of a service."""
    return Schema(
        tables=tuple(draw(tables(each)) for each in draw(st.lists(st.sampled_from(("orders", "visits", "coupons")), unique=True)))
    )
