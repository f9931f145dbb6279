"""What the headless plugin says of its connection: a trouble once, not at each try."""

from stoflow_sandbox.plugin_words import REMIND_EVERY_S, Telling


def test_a_trouble_is_said_once_until_it_changes_ends_or_a_minute_has_passed() -> None:
    said, now = list[str](), [0.0]
    telling = Telling(said.append, clock=lambda: now[0])
    for _ in range(3):
        telling.trouble("No route.")
    assert said == ["No route. It is tried again and again."]
    now[0] = REMIND_EVERY_S
    telling.trouble("No route.")
    telling.trouble("No route.")
    assert said[1:] == ["No route. Tried 4 times."]
    telling.trouble("Refused.")
    telling.well("Ready.")
    telling.trouble("Refused.")
    assert said[2:] == ["Refused. It is tried again and again.", "Ready.", "Refused. It is tried again and again."]
