"""Rendered SAR-optical scenes with an exactly known displacement, for tests and the demo."""
