//! Nothing here: the tests are in `tests/`, what they compile in `ui/`.
