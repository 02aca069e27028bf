"""How good the tests of a policy are: it is made wrong in small ways, and tests should notice."""
