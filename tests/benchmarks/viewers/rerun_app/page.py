"""The alternative to the live board: the same tiles, histogram and table, redrawn for each viewer every 2 s.

An ordinary Streamlit page with Streamlit's default settings. It uses the best possible data source: the
same feed and cache as the student dashboard, shared by all sessions, so that only the rendering differs.
"""

import asyncio
import threading
import time

import altair as alt
import pandas as pd
import streamlit as st
from streamlit_autorefresh import st_autorefresh

from shared.identity.guest import GuestCredentials
from shared.live.cache import ExamCache
from shared.live.feed import Feed
from shared.model.statistics import bins, distribution, score_text, summary, tally_of
from shared.settings import load_student_settings

__all__: list[str] = []

REFRESH_MS = 2000


@st.cache_resource
def feed_and_cache() -> tuple[Feed, ExamCache]:
    """A feed on its own event loop, for the life of the process."""
    backend = load_student_settings().backend
    cache = ExamCache(time.time)
    feed = Feed(backend, GuestCredentials(backend, time.time), cache)
    threading.Thread(target=lambda: asyncio.run(keep_open(feed)), daemon=True).start()
    return feed, cache


async def keep_open(feed: Feed) -> None:
    async with feed:
        await asyncio.Event().wait()


st.set_page_config(page_title="Exam results", layout="centered")
st_autorefresh(interval=REFRESH_MS, key="autorefresh")
exam_id = st.query_params["exam"]
feed, cache = feed_and_cache()
feed.touch(exam_id)
st.title("Exam results")
exam, results = cache.exam(exam_id), cache.results(exam_id)
if exam is None or results is None:
    st.info("Loading …")
    st.stop()
st.caption(f"{exam.subject} · {exam.date.isoformat()} · {exam.teacher} · {exam.scale.label}")
counted = tally_of(results.rows, exam.scale)
numbers = summary(counted, exam.scale, exam.audience)
tiles = {
    "Results": str(numbers.count),
    "Mean": "–" if numbers.mean is None else score_text(numbers.mean, exam.scale),
    "Median": "–" if numbers.median is None else score_text(numbers.median, exam.scale),
    "Pass rate": "–" if numbers.pass_rate is None else f"{numbers.pass_rate:.0%}",
}
for column, (label, value) in zip(st.columns(len(tiles)), tiles.items(), strict=True):
    column.metric(label, value)
bars = {
    "label": [bin_.label for bin_ in bins(exam.scale)],
    "count": distribution(counted, exam.scale, exam.audience),
}
st.altair_chart(
    alt.Chart(pd.DataFrame(bars))
    .mark_bar()
    .encode(x=alt.X("label", sort=None, title="Grade"), y=alt.Y("count", title="Students"))
)
st.dataframe([{"student": row.student, "grade": row.grade} for row in results.rows], hide_index=True)
