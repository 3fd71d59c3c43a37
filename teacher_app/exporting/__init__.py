"""The rows of an exam as files for other programs.

Every file can be read back by `importing` without a change: names, codes and grades.
"""
