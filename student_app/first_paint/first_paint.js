
// The page as the server drew it becomes live at once, and gives its place to Streamlit's page when that has
// drawn the same: not while somebody types here, so that nothing typed is lost.
{
  const first = document.getElementById("first-paint");
  const examId = first.dataset.exam;
  let close = () => {};
  let next = null; // Streamlit's board, once it has drawn the same
  if (examId) close = mountBoard({ parentElement: first, data: { exam_id: examId }, setTriggerValue() {} });
  const choice = first.querySelector(".choice select");
  const isInUse = () => document.activeElement.matches("select, input, button") && first.contains(document.activeElement);
  const handOver = () => {
    if (!next || !first.isConnected || isInUse()) return;
    const scrolled = window.scrollY;
    close();
    passOn(next);
    first.remove();
    document.documentElement.classList.remove("first");
    document.querySelector("[data-testid=stMain]")?.scrollTo(0, scrolled);
  };
  // What was typed, opened and scrolled to.
  const passOn = (board) => {
    const pairs = (selector) => [...first.querySelectorAll(selector)].map((mine, index) => [mine, board.querySelectorAll(selector)[index]]);
    for (const [mine, theirs] of pairs(".keep, .views input")) {
      if (mine.checked && !theirs.checked) theirs.click();
    }
    for (const [mine, theirs] of pairs(".me, .search")) {
      if (mine.value === theirs.value) continue;
      theirs.value = mine.value;
      for (const kind of ["input", "change"]) theirs.dispatchEvent(new Event(kind, { bubbles: true }));
    }
    for (const [mine, theirs] of pairs("details")) theirs.open = mine.open;
    for (const [mine, theirs] of pairs(".list")) theirs.scrollTop = mine.scrollTop;
  };
  first.addEventListener("focusout", () => setTimeout(handOver, 0));
  if (choice) {
    // A choice by mouse is final; the keyboard passes every exam on its way, and Enter or leaving ends it.
    let isOnItsWay = false;
    const show = () => {
      if (choice.value === examId) return;
      choice.form.submit();
      choice.form.reset(); // whoever comes back finds the exam that this page shows
    };
    choice.addEventListener("pointerdown", () => (isOnItsWay = false));
    choice.addEventListener("keydown", (event) => {
      isOnItsWay = event.key !== "Enter";
      if (isOnItsWay || choice.value === examId) return;
      event.preventDefault();
      show();
    });
    choice.addEventListener("change", () => isOnItsWay || show());
    choice.addEventListener("blur", show);
  }
  if (examId) {
    document.addEventListener("exam-board-drawn", (event) => {
      if (!first.contains(event.detail)) {
        next = event.detail;
        handOver();
      } else if (event.detail.querySelector(".list").hidden) {
        // Of a withdrawn exam nothing stays in the page.
        const shown = [...(choice?.options ?? [])].find((option) => option.value === examId);
        if (shown && !event.detail.querySelector(".facts").textContent) shown.textContent = "Not published";
      }
    });
  } else {
    // The list of exams: asked for again now and then while it is seen, and at once when it is seen again.
    localizeHours(first);
    const LIST_AGAIN_MS = 10000; // a thousand waiting pages ask a hundred times a second, mostly for a 304
    const again = async () => {
      if (document.visibilityState !== "visible" || isInUse()) return;
      try {
        const answer = await fetch(location.href, { cache: "no-cache" });
        const text = await answer.text();
        const main = new DOMParser().parseFromString(text, "text/html").querySelector("#first-paint main");
        if (main) localizeHours(main);
        if (answer.ok && main && main.innerHTML !== first.firstElementChild.innerHTML) first.replaceChildren(main);
      } catch {
        // The next time will tell.
      }
    };
    setInterval(again, LIST_AGAIN_MS);
    document.addEventListener("visibilitychange", again);
  }
}
