"""From a file or a pasted text to tables of cells.

reader.py     a file or a pasted text -> Source, in a process of its own with a budget (reading_process.py)
files.py      bytes or text -> Source: one module for each kind of file
tables.py     text -> Table, with delimiters, drawn (drawn_tables.py) or in lines (lists.py)
headings.py   what the heading of a column says about it
"""
