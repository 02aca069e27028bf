"""Is it proved, or told, how often a prompt is shown at most, as the engine has it?

`python -m tests.verify.words_of_prompts` prints the cases of `test_prompt_frequency` of which
something else is said. The planted bugs of `test_planted_prompts` are found by it.
"""

from __future__ import annotations

import sys

from tests.verify.test_prompt_frequency import CASES, told

if __name__ == "__main__":
    wrong = 0
    for case, (at_most, parts, outcome) in CASES.items():
        _, answer = told(at_most, parts)
        if outcome != str(answer.outcome):
            wrong += 1
            sys.stdout.write(f"{answer.outcome}: {case}\n")
    sys.exit(bool(wrong))
