"""From tables of cells to rows of an exam: recognised, checked, saved.

gradebooks.py the exports that are known by their headings
columns.py    a table -> Layout: which columns hold the names and the grades
rows.py       table and layout -> SourceRow
checking.py   source rows and what is there already -> CheckedRow, with a reason where one cannot be saved
saving.py     checked rows -> commands to the row writer
class_students.py  a source -> the students of a new class list
several.py    several columns of one source, each made an exam
draft.py      one import from its source to its end, as one open page has it
"""
