"""Speed: every budget beside its measure, run by `make bench`; ratios are taken within one run."""
