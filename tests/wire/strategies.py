"""Hypothesis strategies for JSON as strangers send it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", " ", "\0", "15550001111", "US.ABC123", "1e400", "1" * 5000, "inf"]),
)

_KEYS = st.one_of(
    st.sampled_from(
        [
            *("entry", "changes", "value", "messages", "statuses", "contacts", "metadata", "id"),
            *("type", "from", "text", "body", "interactive", "errors", "channel", "to", "content"),
        ]
    ),
    st.text(max_size=8),
)

anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=20,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every path into a JSON value, the root left out."""
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


@st.composite
def mutated(draw: st.DrawFn, value: Any) -> Any:
    """The value with one place removed, made null, replaced by anything, or wrapped in a list."""
    result = copy.deepcopy(value)
    *way, last = draw(st.sampled_from(list(places(value))))
    parent = result
    for key in way:
        parent = parent[key]
    how = draw(st.sampled_from(["remove", "null", "replace", "wrap"]))
    if how == "remove":
        del parent[last]
    elif how == "null":
        parent[last] = None
    elif how == "replace":
        parent[last] = draw(anything)
    else:
        parent[last] = [parent[last]]
    return result
