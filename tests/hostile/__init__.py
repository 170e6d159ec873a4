"""Files that mean harm: ``mutations`` and ``crafted`` make them from a seed, ``fuzz`` gives them to the decode pool."""
