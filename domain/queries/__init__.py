"""What services ask of the data: a question, a function, one SQL statement each.

A file a subject. Reads only; `now` is an argument where time matters. Each says which index or
maintained column serves it, so that it costs the same for a veteran as for a newcomer; lists that
grow come by the page (`page.py`).
"""
