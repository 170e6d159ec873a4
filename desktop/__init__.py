"""The window. It talks to the engine process over a pipe and imports ``engine.protocol``, nothing else of the engine.

``__main__`` starts ``application``, which makes the ``QApplication``, makes sure that this is the only window of this
person (``single_instance``), installs language and theme, and starts the engine (``engine_client``: it owns the
process, ``reply_decoder`` turns lines into values in a thread of its own). ``main_window`` composes the rest:

typing in ``search_bar`` -> ``search_session`` asks the engine, newest wins -> ``results_page`` decides what is to be
seen -> ``photo_grid`` shows the rows of ``photo_model``, painted by ``photo_delegate`` with thumbnails that
``thumbnail_loader`` reads outside the GUI thread. What a person can do with a photo is in ``photo_menu`` and
``photo_commands``; every sentence about trouble is in ``notices``.
"""
