"""How fast a process grows is told from many looks, one leap of which is no growth."""

from campaigns.memory import growths, slope_of, title_of


def test_even_growth_is_told_in_mib_a_minute() -> None:
    assert round(slope_of([(float(second), 50 + second * 0.01) for second in range(0, 600, 2)]), 3) == 0.6


def test_one_leap_is_no_growth() -> None:
    assert slope_of([(float(second), 50.0 if second < 120 else 58.0) for second in range(0, 600, 2)]) == 0.0


def test_only_who_lived_from_the_warm_up_to_the_end_is_judged() -> None:
    steady = [(float(second), 70.0) for second in range(100)]
    seen = {("api", 1): steady, ("worker-process", 2): steady[:60], ("worker-process", 3): steady[50:]}
    assert [each.name for each in growths(seen, warm_at_s=30.0, end_s=99.0)] == ["api 1"]


def test_a_forked_process_is_called_by_its_command() -> None:
    assert title_of("stoflow worker-process --threads 8") == "worker-process"
    assert title_of("/usr/bin/python -m stoflow.cli.run.child fork-server") == "fork-server"
