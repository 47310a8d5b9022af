"""Exit codes of commands that register; those of errors stand in ``model_core.errors``."""

from __future__ import annotations

EXIT_CODES = {"registered": 0, "doubtful": 3, "failed": 4}
"""By verdict."""

EXIT_HELP = "0 registered, 3 doubtful, 4 failed, 2 bad input (nothing is written)"
"""For the descriptions of commands."""
