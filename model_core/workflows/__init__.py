"""The way of the data, a page each: register, match, apply."""
