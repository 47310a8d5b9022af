"""The engine, from two images to a field and a verdict: search, refine, fit, verify, judge."""
