// A link to another page waits until what was just typed has been taken over. Streamlit opens the page at once, but sends a
// field's text some moments after the field was left; after a tap that is too late, and it would come back for it.

const LEFT_MS = 300; // so long ago a field may have been left by the same tap
const SENT_MS = 50;
const WAIT_MS = 2000;

export default function () {
  let leftAtMs = -Infinity;
  let isWaitOver = false;
  const leave = (event) => {
    if (event.target.matches?.("input, textarea")) leftAtMs = performance.now();
  };
  const open = (link, untilMs) => {
    const isRunning = document.querySelector(".stApp").dataset.testScriptState !== "notRunning";
    if (isRunning && performance.now() < untilMs) return void setTimeout(open, SENT_MS, link, untilMs);
    isWaitOver = true;
    link.click();
    isWaitOver = false;
  };
  const wait = (event) => {
    const link = event.target.closest?.("[data-testid=stPageLink-NavLink]");
    const isInNewTab = event.ctrlKey || event.metaKey || event.shiftKey;
    if (!link || isInNewTab || isWaitOver || performance.now() - leftAtMs > LEFT_MS) return;
    event.preventDefault();
    event.stopPropagation();
    setTimeout(open, SENT_MS, link, performance.now() + WAIT_MS);
  };
  document.addEventListener("focusout", leave);
  document.addEventListener("click", wait, true);
  return () => {
    document.removeEventListener("focusout", leave);
    document.removeEventListener("click", wait, true);
  };
}
