// The tab's tie to the session. Once the session has ended, nothing of the page is shown any more and the tab offers to
// sign in; after signing in again in another tab of this browser, this one continues with everything that was typed.

const ASK_EVERY_MS = 3000;
const ENDED = "is-session-ended"; // on the document: Streamlit sets the classes of everything below it

export default function ({ data, setTriggerValue }) {
  const app = document.querySelector(".stApp");
  const offer = document.createElement("p");
  offer.className = "sign-in-offer";
  offer.setAttribute("role", "alert");
  offer.hidden = true;
  const link = document.createElement("a");
  link.textContent = "Sign in again in another tab";
  link.target = "_blank";
  offer.append("Your session has ended. What you typed is kept in this tab. ", link);
  app.append(offer);

  const isConnected = () => app.dataset.testConnectionState === "CONNECTED";
  const show = (isEnded) => {
    offer.hidden = !isEnded;
    document.documentElement.classList.toggle(ENDED, isEnded);
  };
  let wasConnected = true;
  const reconnecting = new MutationObserver(() => {
    // A server that was started again knows nothing of this page: without a run, no part of it would answer.
    if (isConnected() && !wasConnected) setTriggerValue("returned", true);
    wasConnected = isConnected();
    look();
  });
  reconnecting.observe(app, { attributeFilter: ["data-test-connection-state"] });

  // A server that does not answer ends no session.
  const look = async () => {
    const answer = await fetch(data.tab, { cache: "no-store" }).catch(() => null);
    const next = encodeURIComponent(location.pathname + location.search);
    link.href = isConnected() ? data.sign_in : `/sign-in?next=${next}`;
    if (answer?.status === 401) show(true);
    else if (answer?.status === 204) show(false);
  };
  const asking = setInterval(look, ASK_EVERY_MS);
  const pages = new BroadcastChannel("exam-results-session"); // of the gate's pages: signing in or out
  pages.addEventListener("message", look);
  window.addEventListener("pageshow", look);

  const rejoin = async () => {
    if (document.hidden || !isConnected()) return;
    const answer = await fetch(data.sign_in, { redirect: "manual", cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return; // this tab's session is the browser's
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const form = page.querySelector(`form[action="${data.resume}"]`);
    if (!form) return; // nobody has signed in yet
    await fetch(data.resume, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    await look();
    setTriggerValue("returned", true);
  };
  const rejoinOrLook = () => {
    look();
    rejoin();
  };
  window.addEventListener("focus", rejoinOrLook);
  document.addEventListener("visibilitychange", rejoinOrLook);

  return () => {
    clearInterval(asking);
    reconnecting.disconnect();
    pages.close();
    window.removeEventListener("pageshow", look);
    window.removeEventListener("focus", rejoinOrLook);
    document.removeEventListener("visibilitychange", rejoinOrLook);
    show(false);
    offer.remove();
  };
}
