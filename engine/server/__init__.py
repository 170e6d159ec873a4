"""The engine process's conversation with the desktop: JSON-RPC 2.0 over two byte streams, one object per line.

The road a request takes: a thread of its own cuts the input into lines (``framing``), the main thread turns each line
into a call (``messages``), writes it down as open (``calls``) and looks up in ``routes`` who answers it. Reading
requests go to two reader threads, edits to one edits thread (``lanes``), each thread with an engine of its own over one
shared encoder; the few that need no library are answered on the main thread. Whoever is done takes the call off the
open ones and writes the answer: exactly one, whatever was cancelled meanwhile.

Which model all of them work with is ``model_choice``'s affair.

Beside them one thread indexes (``indexing``, and ``reports`` for what it tells), woken by requests, by file events and
by the clock (``watching``), and by folders that come and go (``roots``); it waits where the person wants it to, for the
mains or for an idle computer (``waiting``, ``surroundings``). It writes over a connection of its own, as the
edits thread does: the process holds the writer lock once and SQLite lets the two take turns, so that an edit never
waits for a whole batch of photos.
``service`` puts all of this together and takes it apart in good order.
"""
