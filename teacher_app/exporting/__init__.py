"""The results of an exam as files for other programs.

`importing` reads every file back unchanged: names, codes and grades.
"""
