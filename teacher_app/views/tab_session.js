// The tab's tie to the session. When the server does not let the tab in any more, it offers to sign in; after signing
// in again in another tab of this browser, this one continues with everything that was typed.

const ASK_EVERY_MS = 3000;

export default function ({ data, setTriggerValue }) {
  const app = document.querySelector(".stApp");
  const offer = document.createElement("p");
  offer.className = "sign-in-offer";
  offer.setAttribute("role", "alert");
  offer.hidden = true;
  const link = document.createElement("a");
  link.textContent = "Sign in again";
  offer.append("Your session has ended. What you typed is kept in this tab. ", link);
  app.append(offer);

  const isConnected = () => app.dataset.testConnectionState === "CONNECTED";
  let wasConnected = true;
  const reconnecting = new MutationObserver(() => {
    // A server that was started again knows nothing of this page: without a run, no part of it would answer.
    if (isConnected() && !wasConnected) setTriggerValue("returned", true);
    wasConnected = isConnected();
    if (wasConnected) offer.hidden = true;
  });
  reconnecting.observe(app, { attributeFilter: ["data-test-connection-state"] });

  // The server answers, but refuses the page's connection: Streamlit would only try again for ever.
  const look = async () => {
    if (isConnected()) return;
    const answer = await fetch("/account", { method: "HEAD", cache: "no-store" }).catch(() => null);
    link.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
    offer.hidden = isConnected() || answer?.status !== 401;
  };
  const asking = setInterval(look, ASK_EVERY_MS);

  const rejoin = async () => {
    if (document.hidden || !isConnected()) return;
    const answer = await fetch(data.sign_in, { redirect: "manual", cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return; // this tab's session is the browser's
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const form = page.querySelector(`form[action="${data.resume}"]`);
    if (!form) return; // nobody has signed in yet
    await fetch(data.resume, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    setTriggerValue("returned", true);
  };
  window.addEventListener("focus", rejoin);
  document.addEventListener("visibilitychange", rejoin);

  return () => {
    clearInterval(asking);
    reconnecting.disconnect();
    window.removeEventListener("focus", rejoin);
    document.removeEventListener("visibilitychange", rejoin);
    offer.remove();
  };
}
