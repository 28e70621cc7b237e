import pytest
import yaml

from core.yaml_text import Unbounded, load_yaml


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[[[{b: "])
def test_what_nests_without_end_is_refused_before_it_is_built(opening):
    with pytest.raises(Unbounded, match="40 levels"):
        load_yaml(opening * 60_000)


def test_aliases_of_aliases_are_refused():
    doubled = "\n".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))
    with pytest.raises(Unbounded, match="aliases"):
        load_yaml(f"a0: &a0 [1]\n{doubled}")
    with pytest.raises(Unbounded, match="aliases"):
        load_yaml("a: &a [*a]")


def test_an_alias_is_fine_and_wrong_text_stays_wrong():
    assert load_yaml("a: &x [1, 2]\nb: *x\nc: &y 3\nd: *y") == {"a": [1, 2], "b": [1, 2], "c": 3, "d": 3}
    with pytest.raises(yaml.YAMLError):
        load_yaml("a: [1")
