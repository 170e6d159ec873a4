"""How fast Balloon is, beside what people would use instead: ``make bench``, or ``python -m benchmarks --help``.

``plan`` lists what is measured, ``runner`` gives each measurement a process of its own and takes medians of interleaved
runs, ``report`` makes one table of them, as text, as JSON and as plots. ``corpus`` makes the photos, ``libraries`` the
libraries that are measured on, ``towers`` models of a known size. The measurements themselves are ``measure_*``, those
of peers ``peers_*``, which import nothing of Balloon.
"""
