"""Who sees what of the tables: the person's own rights, and for administrators and authors the whole matrix."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from chat_ui.parts import components, session
from core.types import User
from warehouse.layer import Layer
from warehouse.matrix import Permission, matrix, permissions
from warehouse.verified import may_verify


def access_view(user: User, layer: Layer) -> None:
    """Rows, actions and hidden columns, as layer and roles say."""
    st.header("What you see")
    _table(permissions(user, layer), layer, own=True)
    if may_verify(user, session.settings()):
        st.header("Each role")
        st.caption(
            "A person with several roles sees what any of them sees. $names stand for each person's own attributes."
        )
        entity = st.selectbox("Table", ["all", *layer.entities], key="data-access-entity")
        _table([p for p in matrix(layer) if entity in ("all", p.entity)], layer, own=False)


def _table(found: Sequence[Permission], layer: Layer, *, own: bool) -> None:
    header = [*([] if own else ["Role"]), "Records", "Rows", "May", "Columns that aren't shown"]
    rows = []
    for p in found:
        shown = (p.entity, p.why if own and p.why else p.rows, ", ".join(p.actions) or "–", ", ".join(p.hidden) or "–")
        rows.append([*([] if own else [escape(p.role)]), *map(escape, shown)])
    components.table(header, rows, label="Your access" if own else "Access by role")
