"""A click on a saving button is handled once, survives the next interaction, and is not kept for later."""

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    """`overtakes`: how many of the next runs another interaction interrupts before the click is handled."""
    import streamlit as st

    from teacher_app.views.buttons import forget_presses, storing_button

    state = st.session_state
    if state.get("is_elsewhere"):
        forget_presses()
        st.stop()
    save = storing_button("Save", key="save", disabled=state.get("is_disabled", False))
    if state.get("overtakes", 0):
        state["overtakes"] -= 1
        state["is_disabled"] = state.get("is_disabled_then", False)
        st.rerun()
    if save.take():
        state["saved"] = state.get("saved", 0) + 1
    forget_presses()


@pytest.fixture
def app() -> AppTest:
    app = AppTest.from_function(page)
    app.session_state["saved"] = 0
    return app.run()


def press(app: AppTest) -> None:
    app.button(key="save").click().run()


def saved(app: AppTest) -> int:
    assert not app.exception
    count: int = app.session_state["saved"]
    return count


def test_a_click_is_handled_once(app: AppTest) -> None:
    assert saved(app) == 0
    press(app)
    assert saved(app) == 1
    app.run()
    assert saved(app) == 1
    press(app)
    assert saved(app) == 2


@pytest.mark.parametrize("times", [1, 3])
def test_a_click_survives_runs_interrupted_by_the_next_interaction(app: AppTest, times: int) -> None:
    app.session_state["overtakes"] = times
    press(app)
    assert saved(app) == 1
    app.run()
    assert saved(app) == 1


def test_a_click_is_dropped_when_another_page_was_shown_meanwhile(app: AppTest) -> None:
    app.session_state["is_elsewhere"] = True
    press(app)
    app.session_state["is_elsewhere"] = False
    app.run()
    assert saved(app) == 0


def test_a_click_is_dropped_once_the_button_is_disabled(app: AppTest) -> None:
    app.session_state["overtakes"] = 1
    app.session_state["is_disabled_then"] = True
    press(app)
    assert saved(app) == 0
    app.session_state["is_disabled"] = False
    app.run()
    assert saved(app) == 0
