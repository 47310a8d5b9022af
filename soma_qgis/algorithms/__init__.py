"""The Processing provider and its algorithms, one file an algorithm."""
