"""How long a key takes in the studio's editor, in a real browser, with a policy of 150 rules.

    python -m tests.studio.keystrokes

prints the milliseconds from a key to the letter on the screen, and from the end of the pause that
the editor waits (300 ms) to the problems on the screen. Nothing is asserted: a machine may be busy.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from meter.commands.init import sample_files
from tests.studio.browsing import launched, running, window

RULES = 150
KEYS = 60
COUNTRIES = ("DE", "FR", "JP", "US", "GB")
MARK = '[[rules]]\nname = "within the monthly allowance"'
WATCH = """() => {
  window.shown = [];
  window.told = [];
  let at = 0;
  const painted = (list, pause) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    const from = at;
    channel.port1.onmessage = () => list.push(performance.now() - from - pause);
    channel.port2.postMessage(0);
  });
  addEventListener("keydown", () => { at = performance.now(); painted(shown, 0); }, true);
  document.body.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.elt.id === "work") painted(told, 300);
  });
}"""


def wide_policy(rules: int) -> str:
    """Return the sample's policy with rules for as many sections and countries as make `rules`."""
    (text,) = (file.text for file in sample_files() if file.name == "policy.toml")
    more = rules - text.count("[[rules]]")
    sections = "".join(
        f'[[rules]]\nname = "section {number} is for subscribers"\n'
        f'when = {{ section = ["section{number}"], reader = ["anonymous"], '
        f'country = ["{COUNTRIES[number % 5]}"] }}\nshow = "wall"\n\n'
        for number in range(more)
    )
    return text.replace(MARK, sections + MARK)


def measure(folder: Path, keys: int) -> tuple[list[float], list[float]]:
    """Type some keys, each after the answer to the one before; return both times of each."""
    (folder / "policy.toml").write_text(wide_policy(RULES), encoding="utf-8")
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    with (
        running(folder) as site,
        launched(chromium) as browser,
        window(browser, site) as page,
    ):
        page.goto("/policy")
        page.get_by_role("textbox", name="The text", exact=True).focus()
        page.keyboard.press("Control+End")
        page.keyboard.insert_text("# ")
        page.get_by_text("would have changed").wait_for(timeout=180_000)
        page.evaluate(WATCH)
        for number in range(keys):
            with page.expect_response("**/policy/check"):
                page.keyboard.press("abcdefghij"[number % 10])
            page.wait_for_timeout(200)  # asking more often would keep the server from its work
        shown: list[float] = page.evaluate("shown")
        told: list[float] = page.evaluate("told")
    return shown, told


def main() -> None:
    """Measure, and print the median and the slowest of twenty."""
    keys = int(sys.argv[1]) if len(sys.argv) > 1 else KEYS
    with TemporaryDirectory() as folder:
        shown, told = measure(Path(folder), keys)
    sys.stdout.write(
        f"{RULES} rules, {keys} keys, milliseconds: the median, and what 95 % stay under\n"
    )
    for what, times in (("key to letter", shown), ("pause to problems", told)):
        twentieths = quantiles(times, n=20)
        sys.stdout.write(f"{what:18} p50 {twentieths[9]:6.1f}   p95 {twentieths[18]:6.1f}\n")


if __name__ == "__main__":
    main()
