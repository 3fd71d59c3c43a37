
// The page as the server drew it becomes live at once, and gives its place to Streamlit's page when that has
// drawn the same: not while somebody types here, so that nothing typed is lost.
{
  const first = document.getElementById("first-paint");
  const examId = first.dataset.exam;
  let close = () => {};
  let isReady = false;
  if (examId) {
    const data = { exam_id: examId, own: first.dataset.own || null, refresh_s: 30, snapshot: null };
    close = mountBoard({ parentElement: first, data, setTriggerValue() {} });
  }
  const choice = first.querySelector(".choice select");
  const isInUse = () =>
    document.activeElement === choice ||
    [...first.querySelectorAll("input:not([type=hidden])")].some(
      (field) => field === document.activeElement || field.value !== field.defaultValue,
    );
  const handOver = () => {
    if (!isReady || !first.isConnected || isInUse()) return;
    const scrolled = window.scrollY;
    close();
    first.remove();
    document.documentElement.classList.remove("first");
    document.querySelector("[data-testid=stMain]")?.scrollTo(0, scrolled);
  };
  const isNowReady = () => {
    isReady = true;
    handOver();
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
      if (!first.contains(event.detail)) isNowReady();
      // Of a withdrawn exam nothing stays in the page, nor of my own result.
      else if (event.detail.querySelector(".list").hidden) for (const own of first.querySelectorAll(".own-result")) own.remove();
    });
  } else {
    // The list of exams: asked for again now and then while it is seen, and at once when it is seen again.
    const LIST_AGAIN_MS = 30000;
    const again = async () => {
      if (document.visibilityState !== "visible" || isInUse()) return;
      try {
        const answer = await fetch(location.href, { cache: "no-cache" });
        const text = await answer.text();
        const main = new DOMParser().parseFromString(text, "text/html").querySelector("#first-paint main");
        if (answer.ok && main && main.innerHTML !== first.firstElementChild.innerHTML) first.replaceChildren(main);
      } catch {
        // The next time will tell.
      }
    };
    setInterval(again, LIST_AGAIN_MS);
    document.addEventListener("visibilitychange", again);
  }
}
