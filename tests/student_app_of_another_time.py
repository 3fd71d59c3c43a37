"""The student dashboard with KEEP_ALIVE_S of the environment instead of its own. For tests."""

import os
import runpy

from shared.web import serving

if __name__ == "__main__":
    vars(serving)["KEEP_ALIVE_S"] = float(os.environ["KEEP_ALIVE_S"])
    runpy.run_module("student_app", run_name="__main__", alter_sys=True)
