"""The coarse search."""

from __future__ import annotations

import numpy as np
import pytest

from model_core.network.matcher_config import MatcherConfig
from model_core.registration.bounds import SearchBounds
from model_core.registration.search import hypothesis_list


@pytest.mark.parametrize("limits", [(0.0, 1.0), (2.0, 1.02), (5.0, 1.1), (20.0, 1.0), (180.0, 1.3)])
def test_the_search_covers_the_limits_and_tries_nothing_that_is_far_beyond(limits):
    rotation_limit, scale_limit = limits
    config = MatcherConfig()
    tried = hypothesis_list(config, SearchBounds(10.0, *limits)).numpy()
    for axis, limit, step in (
        (0, rotation_limit, config.rotation_step),
        (1, np.log(scale_limit), config.scale_step),
    ):
        within = np.linspace(-limit, limit, 101)
        nearest = np.abs(within[:, None] - tried[None, :, axis]).min(axis=1)
        assert nearest.max() <= step / 2 + 1e-6
        assert np.abs(tried[:, axis]).max() < limit + step / 2 + 1e-6
