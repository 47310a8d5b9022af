"""What a notebook shows of a registration: the head of its report."""

from __future__ import annotations

from jinja2 import Environment

from model_core.products.report import HEADLINES, figure_rows
from model_core.products.result import RegistrationResult

_TEMPLATE = """\
<div style="max-width: 46rem">
<p style="margin: 0; padding: .5em .8em; border-left: .4em solid {{ colour }}">
<strong>{{ headline }}</strong>{% for reason in reasons %}<br>{{ reason }}{% endfor %}</p>
<table>
{%- for name, value, meaning in figures %}
<tr><th style="text-align: left">{{ name }}</th><td style="text-align: left">{{ value }}</td>
<td style="text-align: left">{{ meaning }}</td></tr>
{%- endfor %}
</table>
</div>
"""

_COLOURS = {"registered": "#1a7f4b", "doubtful": "#9a6200", "failed": "#b3261e"}


def head(result: RegistrationResult, georeferenced: bool) -> str:
    """Return verdict, reasons and figures as HTML that stands in a page of someone else's."""
    template = Environment(autoescape=True).from_string(_TEMPLATE)
    return template.render(
        colour=_COLOURS[result.verdict],
        headline=HEADLINES[result.verdict],
        reasons=result.reasons,
        figures=figure_rows(result, georeferenced),
    )
