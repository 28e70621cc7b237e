import threading
import time

import pytest

from core.errors import PatternTimeout
from core.text.patterns import matches, pattern_problem


def test_a_pattern_that_takes_for_ever_ends_and_other_threads_run_on():
    gaps, done = [], threading.Event()

    def tick():
        last = time.monotonic()
        while not done.is_set():
            time.sleep(0.01)
            gaps.append(time.monotonic() - last)
            last = time.monotonic()

    ticking = threading.Thread(target=tick)
    ticking.start()
    begin = time.monotonic()
    with pytest.raises(PatternTimeout, match="over 2 seconds"):
        matches("(a|aa)+$", "a" * 60 + "!", whole=True)
    done.set()
    ticking.join()
    assert time.monotonic() - begin < 10
    assert max(gaps) < 1


@pytest.mark.parametrize("pattern", ["(", "[a", "*", "(" * 5_000 + ")" * 5_000])
def test_what_is_no_pattern_is_refused(pattern):
    assert "no regular expression" in pattern_problem(pattern)


def test_whole_and_lines():
    assert matches(r"\d+", "a1") and not matches(r"\d+", "a1", whole=True)
    assert matches("^b", "a\nb", multiline=True) and not matches("^b", "a\nb")
