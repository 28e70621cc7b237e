from __future__ import annotations

from chat_ui.parts.answer_html import answer_html, sources_html
from chat_ui.parts.passages import Excerpt
from core.types import Citation


def citation(
    marker: int = 1, end: int = 0, title: str = "Plan", document: str = "d", url: str = "https://x.example/p"
) -> Citation:
    return Citation(marker, document, title, url, "quote", 0, end, locator=f"page {marker}")


def test_markers_become_chips_and_unknown_ones_stay_text() -> None:
    html = answer_html("Yes [1]. No [7]. See [2](https://x.example).", [citation(1)], {}, "k")
    assert html.count("<details") == 1
    assert "No [7]." in html
    assert ">2</a>" in html


def test_without_markers_chips_stand_at_the_statements_ends() -> None:
    text = "First. Second."
    html = answer_html(text, [citation(1, 6), citation(2, 14)], {}, "k")
    assert (
        html.index("First.")
        < html.index('aria-label="Source 1')
        < html.index("Second.")
        < html.index('aria-label="Source 2')
    )


def test_a_chip_in_a_table_stays_in_its_last_cell() -> None:
    text = "| a | b |\n|---|---|\n| 1 | 2 |"
    html = answer_html(text, [citation(1, len(text))], {}, "k")
    assert html.count("<td ") == 2
    assert '<td data-label="b">2<details' in html


def test_a_quoted_row_is_marked_cell_by_cell_in_its_table() -> None:
    view = Excerpt("| 1 | 2 |", "| a | b |\n|---|---|\n", "\n| 3 | 4 |", kind="table")
    html = answer_html("Two [1].", [citation()], {1: view}, "k")
    assert '<td data-label="a"><mark>1</mark></td>' in html
    assert '<td data-label="b"><mark>2</mark></td>' in html
    assert '<td data-label="a">3</td>' in html


def test_nothing_that_a_document_or_a_model_says_becomes_markup() -> None:
    text = "<img src=x onerror=y> ![pic](https://evil.example/?q=1) [go](javascript:z) [1]"
    html = answer_html(text, [citation(title='<b>"T"</b>', url="javascript:z")], {1: Excerpt("<i>q</i>")}, 'k"x')
    for harmful in ("<img", "evil.example", "<b>", "<i>", 'href="javascript', 'k"x'):
        assert harmful not in html
    assert "<script" not in answer_html("<script>1</script>", [], {}, "k")


def test_private_characters_in_a_source_dont_make_chips() -> None:
    html = answer_html("a \ue0001\ue001 b", [citation(1, 1)], {1: Excerpt("\ue002q", kind="table")}, "k")
    assert html.count("<details") == 1


def test_a_document_is_listed_once_with_all_its_numbers() -> None:
    html = sources_html(
        [citation(1), citation(2), citation(3, document="e", title="Other", url="")], {"d": "2026-03-02"}
    )
    assert html.count("<li>") == 2
    assert ">1, 2<" in html
    assert "page 1, page 2 · 2026-03-02" in html
    assert html.count("<a ") == 1
