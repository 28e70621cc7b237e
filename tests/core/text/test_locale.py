import pytest

from core.text.languages import LANGUAGES, language_codes, language_name
from core.text.locale import joined, long_date, month_names, number_text, signed_text, weekday_names


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "3 December 2026"),
        ("de", "3. Dezember 2026"),
        ("es", "3 de diciembre de 2026"),
        ("fr", "3 décembre 2026"),
        ("it", "3 dicembre 2026"),
        ("nl", "3 december 2026"),
        ("pt", "3 de dezembro de 2026"),
        ("ja", "2026-12-03"),
    ],
)
def test_a_date_in_each_language(language, shown):
    assert long_date("2026-12-03T09:00:00Z", language) == shown


def test_what_is_no_date_is_shown_as_it_is():
    assert [long_date(v, "de") for v in ("next week", None, 7)] == ["next week", "", "7"]


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "a, b and c"), ("de", "a, b und c"), ("es", "a, b y c"), ("xx", "a, b and c")]
)
def test_a_list_in_each_language(language, shown):
    assert joined(["a", "b", "c"], language) == shown


def test_numbers_group_and_round_as_the_language_does():
    shown = [number_text(1234567.891, language) for language in ("en", "de", "es", "fr", "ja")]
    assert shown == ["1,234,567.89", "1.234.567,89", "1.234.567,89", "1\u202f234\u202f567,89", "1,234,567.89"]
    assert [number_text(2.675), number_text(3.0), number_text(0.5, "de", 3)] == ["2.67", "3", "0,500"]
    assert [signed_text(2.4, "de"), signed_text(-3), signed_text(0), signed_text(True)] == ["+2,4", "−3", "±0", ""]


def test_months_and_weekdays_begin_in_january_and_on_monday():
    assert month_names("de")[2] == "März"
    assert month_names("en", "abbreviated") == tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
    assert (weekday_names("es")[0], weekday_names("fr")[6]) == ("lunes", "dimanche")


def test_a_language_is_known_by_its_name_in_any_of_them():
    names = language_codes()
    assert [names[n] for n in ("german", "deutsch", "alemán", "duits", "allemand", "tedesco", "alemão")] == ["de"] * 7
    assert set(names.values()) == set(LANGUAGES)


def test_an_unknown_code_is_its_own_name():
    assert [language_name(code) for code in ("ja", "xx", "")] == ["Japanese", "xx", ""]
