"""Protocols, metrics and tables that say how good a matcher is."""
