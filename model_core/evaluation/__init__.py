"""Protocols, metrics and tables that say how good a registration method is."""
