"""Numbers as a spreadsheet's cells show them."""

from __future__ import annotations

import pytest

from ingestion.parse.office.number_format import shown


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0.1 + 0.2, "General", "0.3"),
        (1599.99, "#,##0.00", "1,599.99"),
        (-1599.99, '"$"#,##0.00_);[Red]\\("$"#,##0.00\\)', "($1,599.99)"),
        (0, "0.00;-0.00;\\n\\i\\l", "nil"),
        (0.025, "0.00%", "2.50%"),
        (2.5, "# ?/?", "2 1/2"),
        (198356388, "0.00E+00", "1.98E+08"),
        (1_234_567, '0.0,,"M"', "1.2M"),
        (5551234, "000-0000", "555-1234"),
        (19.99, '0\\ "dollars and"\\ .00\\ "cents"', "19 dollars and .99 cents"),
        (-0.001, "0.00", "0.00"),
        (2.675, "0.00", "2.68"),
        (45352, "yyyy-mm-dd", "2024-03-01"),
        (45352.5, "d/m/yy h:mm AM/PM", "1/3/24 12:30 PM".replace("12:30", "12:00")),
        (0.26041666, "h:mm", "6:15"),
        (1.5, "[h]:mm:ss", "36:00:00"),
        (0.000694444, "mm:ss", "01:00"),
        (59, "yyyy-mm-dd", "1900-02-28"),
        (1234.5, "[$€-407]#,##0.00", "€1,234.50"),
        (7, "[<5]\\l\\o\\w;[>=5]\\h\\i\\g\\h", "high"),
        (12, "@", "12"),
        (3, "garbage[[", None),
    ],
)
def test_shown(value: float, code: str, text: str | None) -> None:
    result = shown(value, code)
    assert text is None or result == text
